create table meta (
    name text primary key not null,
    value text not null
) strict, without rowid
