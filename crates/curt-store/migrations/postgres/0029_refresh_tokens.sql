-- What clients get their next access token with, by the hash. Each is used once: its successor is of
-- the same family, which has the hash of its first token for a name and ends as a whole.
create table refresh_tokens (
    token_hash bytea not null primary key,
    user_id bigint not null,
    family bytea not null,
    created_at bigint not null,
    expires_at bigint not null,
    family_ends_at bigint not null,
    used_at bigint,
    used_again_at bigint
)
