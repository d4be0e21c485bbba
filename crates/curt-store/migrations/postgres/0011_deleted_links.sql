-- Deleted links that wait to be erased, oldest first. An index on links would have all links in it
-- on MySQL, cost each create a write, and tempt the optimizer to walk along it.
create table deleted_links (
    deleted_at bigint not null,
    link_id bigint not null,
    primary key (deleted_at, link_id)
)
