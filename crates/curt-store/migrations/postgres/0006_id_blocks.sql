create table id_blocks (
    name varchar(64) collate "C" primary key,
    next_id bigint not null
)
