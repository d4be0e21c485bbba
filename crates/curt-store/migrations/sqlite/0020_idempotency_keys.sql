-- What a create answered, for the same request sent again: a row by caller and Idempotency-Key.
create table idempotency_keys (
    caller text not null,
    idempotency_key text not null,
    body_hash blob not null,
    response text not null,
    created_at integer not null,
    primary key (caller, idempotency_key)
) strict
