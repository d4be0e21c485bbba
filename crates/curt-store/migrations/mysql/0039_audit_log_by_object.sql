create index audit_log_by_object on audit_log (object_kind, object_id, at)
