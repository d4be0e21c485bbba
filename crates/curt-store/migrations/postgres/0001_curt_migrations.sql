create table if not exists curt_migrations (
    version bigint primary key,
    name varchar(100) not null,
    checksum varchar(64) not null,
    started_at bigint not null,
    finished_at bigint
)
