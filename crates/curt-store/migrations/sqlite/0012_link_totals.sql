-- Clicks by class. A link that was never followed has no row.
create table link_totals (
    link_id integer not null primary key,
    human integer not null,
    bot integer not null,
    preview integer not null,
    prefetch integer not null,
    suspicious integer not null,
    last_click_at integer
) strict
