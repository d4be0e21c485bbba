-- Keys that programs act with for a user, by the hash. The hint is how they begin. Scopes are words
-- with a space between them.
create table api_keys (
    id bigint not null primary key,
    workspace_id bigint not null default 0,
    user_id bigint not null,
    name varchar(100) not null,
    hint varchar(16) not null,
    token_hash varbinary(32) not null unique,
    scopes varchar(255) not null,
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
