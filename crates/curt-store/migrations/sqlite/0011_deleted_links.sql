-- Deleted links that wait to be erased, oldest first. An index on links would have all links in it
-- on MySQL, cost each create a write, and tempt the optimizer to walk along it.
create table deleted_links (
    deleted_at integer not null,
    link_id integer not null,
    primary key (deleted_at, link_id)
) strict, without rowid
