-- Clicks are counted in link_totals, so that counting never rewrites a link. Each index costs every
-- create a write, so there are two: target_host and target_hash get theirs with the first query
-- that asks for them. A link that was erased keeps its row with an empty target: its code stays
-- taken. The long texts stand last, where a redirect does not read.
create table links (
    id integer not null primary key,
    workspace_id integer not null default 0,
    domain_id integer not null default 0,
    code text not null,
    target text not null,
    target_host text not null,
    target_hash integer not null,
    owner_id integer,
    redirect_status integer not null,
    forward_query integer not null,
    valid_from integer,
    expires_at integer,
    max_clicks integer,
    password_hash text,
    fallback_url text,
    disabled_at integer,
    deleted_at integer,
    revision integer not null,
    created_at integer not null,
    updated_at integer not null,
    title text,
    note text,
    search_text text not null
) strict
