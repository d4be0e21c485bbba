-- Clicks are counted in link_totals, so that counting never rewrites a link. Each index costs every
-- create a write, so there are two: target_host and target_hash get theirs with the first query
-- that asks for them. A link that was erased keeps its row with an empty target: its code stays
-- taken.
create table links (
    id bigint not null primary key,
    workspace_id bigint not null default 0,
    domain_id bigint not null default 0,
    code varchar(255) not null,
    target text not null,
    target_host text not null,
    target_hash bigint not null,
    owner_id bigint,
    redirect_status smallint not null,
    forward_query smallint not null,
    valid_from bigint,
    expires_at bigint,
    max_clicks bigint,
    password_hash text,
    fallback_url text,
    disabled_at bigint,
    deleted_at bigint,
    revision bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    title varchar(255),
    note text,
    search_text text not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
