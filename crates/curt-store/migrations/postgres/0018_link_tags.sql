-- Which link carries which tag. The link's time of creation, which never changes, stands in the
-- key: the links of a tag can then be listed in that order without sorting all of them.
create table link_tags (
    tag_id bigint not null,
    link_created_at bigint not null,
    link_id bigint not null,
    primary key (tag_id, link_created_at, link_id)
)
