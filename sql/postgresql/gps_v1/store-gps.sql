-- Stores a batch of gps messages: history and last position in one statement, so in one transaction.
--
-- In:         :#batch, a JSON array of envelopes
-- Out:        a row per event: event, stored (rows that were not there before), missing (neither stored nor there)
-- Idempotent: by (terminal_id, gps_time) in the history; the last position never moves back in time
--
-- "infinity" and "NaN" are values to PostgreSQL; here they are none, which the tables refuse: an infinite time would hold
-- the last position for ever.
--
-- The order of the inserts is the same in every batch, so that two batches at a time do not deadlock.
with message as materialized (
    select p.terminal_id,
           case when isfinite(t.gps_time) then t.gps_time end as gps_time,
           nullif(p.latitude, 'NaN') as latitude, nullif(p.longitude, 'NaN') as longitude, p.latitude_gcj, p.longitude_gcj,
           round(p.altitude)::int as altitude, p.speed, round(p.direction)::int as direction, p.status, p.alarm, p.extra,
           e.position
    from json_array_elements(cast(:#batch as json)) with ordinality as e (envelope, position),
         json_to_record(e.envelope -> 'payload') as p (
             terminal_id varchar(64), gps_time timestamptz, ts numeric,
             latitude numeric(10, 6), longitude numeric(10, 6),
             latitude_gcj numeric(10, 6), longitude_gcj numeric(10, 6),
             altitude numeric, speed numeric(10, 2), direction numeric, status int, alarm int, extra jsonb),
         lateral (select coalesce(
             p.gps_time,
             to_timestamp(case when abs(p.ts) >= 100000000000 then p.ts / 1000.0 else p.ts end)) as gps_time) as t
),
history as (
    insert into gps_position_histories (
        terminal_id, gps_time, latitude, longitude, latitude_gcj, longitude_gcj,
        altitude, speed, direction, status, alarm, extra)
    select terminal_id, gps_time, latitude, longitude, latitude_gcj, longitude_gcj,
           altitude, speed, direction, status, alarm, extra
    from message
    order by terminal_id, gps_time, position
    on conflict (terminal_id, gps_time) do nothing
    returning 1
),
last_position as (
    insert into gps_position_last as last (
        terminal_id, gps_time, latitude, longitude, latitude_gcj, longitude_gcj,
        altitude, speed, direction, status, alarm, extra)
    select distinct on (terminal_id)
           terminal_id, gps_time, latitude, longitude, latitude_gcj, longitude_gcj,
           altitude, speed, direction, status, alarm, extra
    from message
    order by terminal_id, gps_time desc, position desc
    on conflict (terminal_id) do update
    set gps_time = excluded.gps_time,
        latitude = excluded.latitude,
        longitude = excluded.longitude,
        latitude_gcj = excluded.latitude_gcj,
        longitude_gcj = excluded.longitude_gcj,
        altitude = excluded.altitude,
        speed = excluded.speed,
        direction = excluded.direction,
        status = excluded.status,
        alarm = excluded.alarm,
        extra = excluded.extra,
        updated_at = now()
    where excluded.gps_time >= last.gps_time
)
select 'gps' as event, n.stored,
       -- only looked for where fewer were stored than came: the first row of a key is stored, or there already
       case when n.stored = n.messages then 0 else (
           select count(*)
           from (select distinct terminal_id, gps_time from message) as m
           where not exists (
               select from gps_position_histories as h where h.terminal_id = m.terminal_id and h.gps_time = m.gps_time)
           ) - n.stored end as missing
from (select (select count(*) from history) as stored, (select count(*) from message) as messages) as n
