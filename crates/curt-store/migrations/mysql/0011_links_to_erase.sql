-- Deleted links that wait to be erased. MySQL cannot leave the others out of an index.
create index links_to_erase on links (deleted_at)
