create unique index tags_by_name on tags (workspace_id, name)
