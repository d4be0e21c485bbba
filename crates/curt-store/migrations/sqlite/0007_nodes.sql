-- The nodes that use this database, for people to look at; nothing depends on it.
create table nodes (
    node_id text not null primary key,
    started_at integer not null,
    seen_at integer not null,
    version text not null
) strict
