create index reports_by_state on reports (state, id)
