create table change_counter (
    id bigint primary key check (id = 1),
    seq bigint not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
