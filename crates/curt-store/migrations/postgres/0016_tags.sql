-- A tag, once for all links that carry it. Case matters.
create table tags (
    id bigint not null primary key,
    workspace_id bigint not null default 0,
    name varchar(50) collate "C" not null
)
