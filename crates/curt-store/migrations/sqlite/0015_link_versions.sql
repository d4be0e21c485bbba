-- What an edit replaced: the link as it was, by the revision that it had. A create writes none.
-- Tags are kept as their names, one on each line.
create table link_versions (
    link_id integer not null,
    revision integer not null,
    replaced_at integer not null,
    target text not null,
    redirect_status integer not null,
    forward_query integer not null,
    valid_from integer,
    expires_at integer,
    max_clicks integer,
    password_hash text,
    fallback_url text,
    disabled_at integer,
    deleted_at integer,
    updated_at integer not null,
    title text,
    note text,
    tags text not null,
    primary key (link_id, revision)
) strict, without rowid
