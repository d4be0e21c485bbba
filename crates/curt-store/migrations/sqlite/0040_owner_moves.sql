-- Links that are to change hands, slice by slice: those of a deleted user, or (0) those without an
-- owner when the first administrator came, as far as they were there then.
create table owner_moves (
    user_id integer not null primary key,
    new_owner_id integer,
    created_at integer not null
) strict
