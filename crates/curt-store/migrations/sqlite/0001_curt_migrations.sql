create table if not exists curt_migrations (
    version integer primary key,
    name text not null,
    checksum text not null,
    started_at integer not null,
    finished_at integer
) strict
