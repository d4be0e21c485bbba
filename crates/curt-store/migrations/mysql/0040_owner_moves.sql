-- Links that are to change hands, slice by slice: those of a deleted user, or (0) those without an
-- owner when the first administrator came, as far as they were there then.
create table owner_moves (
    user_id bigint not null primary key,
    new_owner_id bigint,
    created_at bigint not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
