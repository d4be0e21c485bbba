-- What a create answered, for the same request sent again: a row by caller and Idempotency-Key.
create table idempotency_keys (
    caller varchar(255) not null,
    idempotency_key varchar(255) not null,
    body_hash bytea not null,
    response text not null,
    created_at bigint not null,
    primary key (caller, idempotency_key)
)
