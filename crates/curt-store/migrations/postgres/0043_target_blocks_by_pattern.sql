create unique index target_blocks_by_pattern on target_blocks (workspace_id, pattern)
