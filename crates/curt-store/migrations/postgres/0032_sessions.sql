-- Browsers that are signed in, by the hash of their cookie.
create table sessions (
    token_hash bytea not null primary key,
    user_id bigint not null,
    created_at bigint not null,
    expires_at bigint not null
)
