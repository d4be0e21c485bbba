-- Clicks of a link by the quarter of an hour and by class; old ones by the hour.
create table click_buckets (
    link_id integer not null,
    at integer not null,
    human integer not null,
    bot integer not null,
    preview integer not null,
    prefetch integer not null,
    suspicious integer not null,
    primary key (link_id, at)
) strict, without rowid
