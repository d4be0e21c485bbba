create table if not exists curt_migrations (
    version bigint primary key,
    name varchar(100) not null,
    checksum varchar(64) not null,
    started_at bigint not null,
    finished_at bigint
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
