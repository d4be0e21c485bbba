create table id_blocks (
    name text primary key not null,
    next_id integer not null
) strict, without rowid
