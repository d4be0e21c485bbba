create index idempotency_keys_by_creation on idempotency_keys (created_at)
