-- Clicks that are known to be missing, by the quarter of an hour: dropped because the journal could
-- not take them, or lost from it.
create table click_losses (
    at bigint not null primary key,
    dropped bigint not null,
    lost bigint not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
