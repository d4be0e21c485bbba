-- Those links, in the order in which it happened.
create table abuse_links (
    at bigint not null,
    link_id bigint not null,
    reason varchar(20) not null,
    primary key (at, link_id)
)
