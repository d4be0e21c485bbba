-- Clients that are refused: an address or a network, by whom, why and until when.
create table ip_blocks (
    id integer not null primary key,
    network text not null,
    kind text not null,
    reason text,
    created_at integer not null,
    created_by integer,
    ends_at integer
) strict
