-- Clicks that are known to be missing, by the quarter of an hour: dropped because the journal could
-- not take them, or lost from it.
create table click_losses (
    at integer not null primary key,
    dropped integer not null,
    lost integer not null
) strict
