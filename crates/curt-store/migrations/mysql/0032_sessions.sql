-- Browsers that are signed in, by the hash of their cookie.
create table sessions (
    token_hash varbinary(32) not null primary key,
    user_id bigint not null,
    created_at bigint not null,
    expires_at bigint not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
