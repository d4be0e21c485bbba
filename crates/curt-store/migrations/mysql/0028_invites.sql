-- Invitations to make an account, each good for one. Of the token that was handed out only the
-- hash is kept.
create table invites (
    id bigint not null primary key,
    token_hash varbinary(32) not null unique,
    role varchar(16) not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
