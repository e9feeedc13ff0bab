-- Messages that could not be stored. message_key is made when a message is set aside, so that writing it again (after a
-- lost connection, from the spool, after a failed replay) changes its row and adds none; message_hash finds the row of
-- a message that the broker delivers again.

create table if not exists dead_letters (
    id           bigint generated always as identity primary key,
    failed_at    timestamptz not null,
    received_at  timestamptz not null,
    reason       text        not null,
    error        text,
    sqlstate     text,
    attempts     int         not null,
    topic        text,
    event        text,
    trace_id     text,
    envelope     jsonb,
    payload      bytea,
    replayed_at  timestamptz,
    message_key  text        not null unique,
    message_hash text        not null
);

create index if not exists dead_letters_hash on dead_letters (message_hash);
create index if not exists dead_letters_open on dead_letters (id) where replayed_at is null;
