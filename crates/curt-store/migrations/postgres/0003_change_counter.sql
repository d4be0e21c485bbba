create table change_counter (
    id bigint primary key check (id = 1),
    seq bigint not null
)
