create index link_tags_by_link on link_tags (link_id)
