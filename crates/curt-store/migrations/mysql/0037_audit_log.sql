-- Who did what to which object and when, written in the transaction of what it tells of. Ids only
-- tell rows of the same time apart. Authors and objects may be gone; nothing here names a person who is.
create table audit_log (
    at bigint not null,
    id bigint not null,
    workspace_id bigint not null default 0,
    author_kind varchar(16) not null,
    author_user bigint,
    author_key bigint,
    author_name varchar(100),
    client varchar(64),
    action varchar(64) not null,
    object_kind varchar(32),
    object_id bigint,
    details text not null,
    primary key (at, id)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
