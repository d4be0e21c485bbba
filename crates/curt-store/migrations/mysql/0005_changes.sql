create table changes (
    seq bigint primary key,
    kind varchar(32) not null,
    name_key varchar(320) not null,
    at bigint not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
