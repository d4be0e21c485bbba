-- What clients get their next access token with, by the hash. Each is used once: its successor is of
-- the same family, which has the hash of its first token for a name and ends as a whole.
create table refresh_tokens (
    token_hash varbinary(32) not null primary key,
    user_id bigint not null,
    family varbinary(32) not null,
    created_at bigint not null,
    expires_at bigint not null,
    family_ends_at bigint not null,
    used_at bigint,
    used_again_at bigint
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
