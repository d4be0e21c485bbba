use super::*;

#[test]
fn each_engine_gets_its_own_spelling() {
    let sql = Sql::new("standard $1").on_mysql("mysql $1").on_sqlite("sqlite $1");
    assert_eq!(sql.for_sqlite(), "sqlite $1");
    assert_eq!(sql.for_postgres(), "standard $1");
    assert_eq!(sql.for_mysql(), "mysql ?");
}

#[test]
fn mysql_gets_question_marks_for_numbers_of_any_length() {
    let sql = Sql::new("insert into t values ($1, $2,$10)");
    assert_eq!(sql.for_mysql(), "insert into t values (?, ?,?)");
    assert_eq!(sql.for_sqlite(), "insert into t values ($1, $2,$10)");
}

#[test]
fn an_insert_of_one_row_becomes_one_of_many() {
    let sql = Sql::new("insert into t (a, b) values ($1, $2) on conflict (a) do nothing")
        .on_mysql("insert into t (a, b) values ($1, $2) on duplicate key update a = a");
    assert_eq!(
        sql.for_postgres_rows(3),
        "insert into t (a, b) values ($1, $2), ($3, $4), ($5, $6) on conflict (a) do nothing"
    );
    assert_eq!(
        sql.for_mysql_rows(2),
        "insert into t (a, b) values (?, ?), (?, ?) on duplicate key update a = a"
    );
    assert_eq!(sql.for_postgres_rows(1), sql.for_postgres());
    let fixed = Sql::new("insert into t (a, b) values ($1, 0)");
    assert_eq!(fixed.for_postgres_rows(2), "insert into t (a, b) values ($1, 0), ($2, 0)");
}

#[test]
fn a_locking_read_locks_everywhere_but_on_sqlite() {
    let sql = Sql::new("select 1 from t").locking();
    assert_eq!(sql.for_sqlite(), "select 1 from t");
    assert_eq!(sql.for_postgres(), "select 1 from t for update");
    assert_eq!(sql.for_mysql(), "select 1 from t for update");
}
