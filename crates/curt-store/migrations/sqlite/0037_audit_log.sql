-- Who did what to which object and when, written in the transaction of what it tells of. Ids only
-- tell rows of the same time apart. Authors and objects may be gone; nothing here names a person who is.
create table audit_log (
    at integer not null,
    id integer not null,
    workspace_id integer not null default 0,
    author_kind text not null,
    author_user integer,
    author_key integer,
    author_name text,
    client text,
    action text not null,
    object_kind text,
    object_id integer,
    details text not null,
    primary key (at, id)
) strict, without rowid
