-- Keys that programs act with for a user, by the hash. The hint is how they begin. Scopes are words
-- with a space between them.
create table api_keys (
    id integer not null primary key,
    workspace_id integer not null default 0,
    user_id integer not null,
    name text not null,
    hint text not null,
    token_hash blob not null unique,
    scopes text not null,
    created_at integer not null,
    expires_at integer,
    last_used_at integer
) strict
