-- When an administrator took the link away from visitors because of abuse. Its owner cannot undo it.
alter table links add column abuse_at bigint
