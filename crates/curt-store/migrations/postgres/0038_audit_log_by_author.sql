create index audit_log_by_author on audit_log (author_user, at, id)
