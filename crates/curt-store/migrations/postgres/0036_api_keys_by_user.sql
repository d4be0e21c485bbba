create index api_keys_by_user on api_keys (user_id)
