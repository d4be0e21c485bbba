create unique index reports_by_client on reports (link_id, client, day)
