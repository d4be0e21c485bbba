-- Where no link may lead: hosts, suffixes and beginnings of URLs, in their one way to be written.
create table target_blocks (
    id bigint not null primary key,
    workspace_id bigint not null default 0,
    kind varchar(20) not null,
    pattern varchar(700) collate "C" not null,
    reason varchar(255),
    source varchar(20) not null,
    created_at bigint not null,
    created_by varchar(255) not null
)
