create table changes (
    seq integer primary key,
    kind text not null,
    name_key text not null,
    at integer not null
) strict
