//! The SQL database: SQLite, PostgreSQL, MySQL and MariaDB. The only crate that names SQL drivers.
