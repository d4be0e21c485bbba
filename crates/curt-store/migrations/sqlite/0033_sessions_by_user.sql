create index sessions_by_user on sessions (user_id)
