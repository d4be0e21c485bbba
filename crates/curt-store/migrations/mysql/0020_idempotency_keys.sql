-- What a create answered, for the same request sent again: a row by caller and Idempotency-Key.
create table idempotency_keys (
    caller varchar(255) not null,
    idempotency_key varchar(255) not null,
    body_hash varbinary(32) not null,
    response mediumtext not null,
    created_at bigint not null,
    primary key (caller, idempotency_key)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
