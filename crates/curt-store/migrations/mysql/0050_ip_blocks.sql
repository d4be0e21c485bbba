-- Clients that are refused: an address or a network, by whom, why and until when.
create table ip_blocks (
    id bigint not null primary key,
    network varchar(64) not null,
    kind varchar(16) not null,
    reason varchar(200),
    created_at bigint not null,
    created_by bigint,
    ends_at bigint
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
