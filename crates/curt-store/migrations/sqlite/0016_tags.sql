-- A tag, once for all links that carry it. Case matters.
create table tags (
    id integer not null primary key,
    workspace_id integer not null default 0,
    name text not null
) strict
