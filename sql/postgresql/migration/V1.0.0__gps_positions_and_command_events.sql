-- The tables of write mode gps_v1. Tables of these names that exist already are taken as they are.

create table if not exists gps_position_histories (
    terminal_id   varchar(64)    not null,
    gps_time      timestamptz    not null,
    latitude      numeric(10, 6) not null,
    longitude     numeric(10, 6) not null,
    latitude_gcj  numeric(10, 6),
    longitude_gcj numeric(10, 6),
    altitude      int,
    speed         numeric(10, 2),
    direction     int,
    status        int,
    alarm         int,
    extra         jsonb,
    created_at    timestamptz    not null default now(),
    unique (terminal_id, gps_time)
);

create table if not exists gps_position_last (
    terminal_id   varchar(64)    primary key,
    gps_time      timestamptz    not null,
    latitude      numeric(10, 6) not null,
    longitude     numeric(10, 6) not null,
    latitude_gcj  numeric(10, 6),
    longitude_gcj numeric(10, 6),
    altitude      int,
    speed         numeric(10, 2),
    direction     int,
    status        int,
    alarm         int,
    extra         jsonb,
    updated_at    timestamptz    not null default now()
);

create table if not exists client_cmd_events (
    id          bigint generated always as identity primary key,
    ts          timestamptz not null,
    event_type  text,
    client_id   text,
    username    text,
    peer        text,
    protocol    text,
    reason_code int,
    extra       jsonb,
    message_key text        not null unique
);

create index if not exists client_cmd_events_client_ts on client_cmd_events (client_id, ts);
