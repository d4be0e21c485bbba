-- Deleted links that wait to be erased; others are not in it, so creates pay nothing.
create index links_to_erase on links (deleted_at)
where deleted_at is not null and target <> ''
