create table change_counter (
    id integer primary key check (id = 1),
    seq integer not null
) strict
