-- Clicks by class. A link that was never followed has no row.
create table link_totals (
    link_id bigint not null primary key,
    human bigint not null,
    bot bigint not null,
    preview bigint not null,
    prefetch bigint not null,
    suspicious bigint not null,
    last_click_at bigint
)
