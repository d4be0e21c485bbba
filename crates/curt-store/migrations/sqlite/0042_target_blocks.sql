-- Where no link may lead: hosts, suffixes and beginnings of URLs, in their one way to be written.
create table target_blocks (
    id integer not null primary key,
    workspace_id integer not null default 0,
    kind text not null,
    pattern text not null,
    reason text,
    source text not null,
    created_at integer not null,
    created_by text not null
) strict
