create index reports_by_end on reports (resolved_at)
