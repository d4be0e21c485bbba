-- Buckets are added up to hours when they are old, oldest first.
create index click_buckets_by_time on click_buckets (at, link_id)
