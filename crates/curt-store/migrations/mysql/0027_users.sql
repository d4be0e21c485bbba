-- People with an account. An address is unique by its key: without case, equal letters in one form.
-- Deleting a user deletes the row; the id is never given again. Without a password hash nobody can
-- sign in with a password.
create table users (
    id bigint not null primary key,
    email varchar(254) not null,
    email_key varchar(254) not null unique,
    full_name varchar(200),
    password_hash text,
    role varchar(16) not null,
    token_epoch bigint not null,
    disabled_at bigint,
    created_at bigint not null,
    updated_at bigint not null
) engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin
