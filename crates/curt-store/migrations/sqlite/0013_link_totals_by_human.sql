-- Lists by clicks go by those of people, and by link where they are equal: SQLite appends it.
create index link_totals_by_human on link_totals (human)
