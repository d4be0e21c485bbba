-- Buckets are added up to hours when they are old, oldest first: InnoDB appends the link.
create index click_buckets_by_time on click_buckets (at)
