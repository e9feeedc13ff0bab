-- The latest canary of each msgstore: a message that it sends to itself, see msgstore.canary.interval.

create table if not exists canaries (
    client_id text        primary key,
    canary_id text        not null,
    sent_at   timestamptz not null,
    stored_at timestamptz not null default now()
);
