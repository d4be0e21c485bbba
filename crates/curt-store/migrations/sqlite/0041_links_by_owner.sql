-- The links of a user by time of creation, and by id where that is equal: appended by the engine.
create index links_by_owner on links (owner_id, created_at)
