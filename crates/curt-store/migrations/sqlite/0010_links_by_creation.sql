-- Lists go by time of creation, and by id where that is equal: SQLite appends it to the index. The
-- ids alone would do on a single node, but not with several, nor with links imported with their
-- history.
create index links_by_creation on links (created_at)
