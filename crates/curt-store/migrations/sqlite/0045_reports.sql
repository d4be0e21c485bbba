-- What people report: one row for each link, network of the reporter and day.
create table reports (
    id integer not null primary key,
    workspace_id integer not null default 0,
    link_id integer not null,
    client text not null,
    day integer not null,
    reason text not null,
    note text,
    created_at integer not null,
    state text not null,
    resolved_at integer,
    resolved_by text
) strict
