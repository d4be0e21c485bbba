create table meta (
    name varchar(64) collate "C" primary key,
    value text not null
)
