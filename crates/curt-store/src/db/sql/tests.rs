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
fn a_locking_read_locks_everywhere_but_on_sqlite() {
    let sql = Sql::new("select 1 from t").locking();
    assert_eq!(sql.for_sqlite(), "select 1 from t");
    assert_eq!(sql.for_postgres(), "select 1 from t for update");
    assert_eq!(sql.for_mysql(), "select 1 from t for update");
}
