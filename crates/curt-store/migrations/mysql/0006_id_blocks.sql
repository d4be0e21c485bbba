create table id_blocks (
    name varchar(64) primary key,
    next_id bigint not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
