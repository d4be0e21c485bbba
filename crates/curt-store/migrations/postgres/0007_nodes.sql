-- The nodes that use this database, for people to look at; nothing depends on it.
create table nodes (
    node_id varchar(64) not null primary key,
    started_at bigint not null,
    seen_at bigint not null,
    version varchar(64) not null
)
