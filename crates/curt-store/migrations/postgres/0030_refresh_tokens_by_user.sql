create index refresh_tokens_by_user on refresh_tokens (user_id, family)
