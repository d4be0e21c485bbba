-- What an edit replaced: the link as it was, by the revision that it had. A create writes none.
-- Tags are kept as their names, one on each line.
create table link_versions (
    link_id bigint not null,
    revision bigint not null,
    replaced_at bigint not null,
    target text not null,
    redirect_status smallint not null,
    forward_query smallint not null,
    valid_from bigint,
    expires_at bigint,
    max_clicks bigint,
    password_hash text,
    fallback_url text,
    disabled_at bigint,
    deleted_at bigint,
    updated_at bigint not null,
    title varchar(255),
    note text,
    tags text not null,
    primary key (link_id, revision)
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
