create table meta (
    name varchar(64) primary key,
    value text not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
