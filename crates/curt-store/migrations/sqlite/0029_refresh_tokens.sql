-- What clients get their next access token with, by the hash. Each is used once: its successor is of
-- the same family, which has the hash of its first token for a name and ends as a whole.
create table refresh_tokens (
    token_hash blob not null primary key,
    user_id integer not null,
    family blob not null,
    created_at integer not null,
    expires_at integer not null,
    family_ends_at integer not null,
    used_at integer,
    used_again_at integer
) strict
