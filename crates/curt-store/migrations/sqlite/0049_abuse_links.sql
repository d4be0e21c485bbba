-- Those links, in the order in which it happened.
create table abuse_links (
    at integer not null,
    link_id integer not null,
    reason text not null,
    primary key (at, link_id)
) strict, without rowid
