-- People with an account. An address is unique by its key: without case, equal letters in one form.
-- Deleting a user deletes the row; the id is never given again. Without a password hash nobody can
-- sign in with a password.
create table users (
    id integer not null primary key,
    email text not null,
    email_key text not null unique,
    full_name text,
    password_hash text,
    role text not null,
    token_epoch integer not null,
    disabled_at integer,
    created_at integer not null,
    updated_at integer not null
) strict
