-- A tag, once for all links that carry it. Case matters.
create table tags (
    id bigint not null primary key,
    workspace_id bigint not null default 0,
    name varchar(50) not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
