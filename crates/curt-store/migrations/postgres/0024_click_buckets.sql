-- Clicks of a link by the quarter of an hour and by class; old ones by the hour.
create table click_buckets (
    link_id bigint not null,
    at bigint not null,
    human bigint not null,
    bot bigint not null,
    preview bigint not null,
    prefetch bigint not null,
    suspicious bigint not null,
    primary key (link_id, at)
)
