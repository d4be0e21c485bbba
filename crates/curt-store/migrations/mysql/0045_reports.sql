-- What people report: one row for each link, network of the reporter and day.
create table reports (
    id bigint not null primary key,
    workspace_id bigint not null default 0,
    link_id bigint not null,
    client varchar(255) not null,
    day bigint not null,
    reason varchar(20) not null,
    note text,
    created_at bigint not null,
    state varchar(20) not null,
    resolved_at bigint,
    resolved_by varchar(255)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
