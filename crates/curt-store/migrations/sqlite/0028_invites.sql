-- Invitations to make an account, each good for one. Of the token that was handed out only the
-- hash is kept.
create table invites (
    id integer not null primary key,
    token_hash blob not null unique,
    role text not null,
    created_at integer not null,
    expires_at integer not null,
    used_at integer
) strict
