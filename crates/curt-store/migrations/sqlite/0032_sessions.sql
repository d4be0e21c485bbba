-- Browsers that are signed in, by the hash of their cookie.
create table sessions (
    token_hash blob not null primary key,
    user_id integer not null,
    created_at integer not null,
    expires_at integer not null
) strict
