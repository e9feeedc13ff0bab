-- Stores a batch of gps messages: history and last position in one statement, so in one transaction.
--
-- In:         :#payloads, a JSON array; :#timeZone, the zone of times that name none, or empty; :#maxFuture, how far
--             ahead of the database's clock a time may be, such as 1d
-- Out:        a row per event: event, stored (rows that were not there before), missing (neither stored nor there)
-- Idempotent: by (terminal_id, gps_time) in the history; the last position never moves back in time, except from a time that
--             is refused today, and was let in before there was a limit
--
-- A time is gps_time, or ts where that is missing or empty. Of all that PostgreSQL takes for a time ("now", "05/01/2026") it may
-- be RFC 3339, or an epoch: seconds below 1e11, milliseconds below 1e14, microseconds below 1e17, nanoseconds above. The usual
-- forms are told by LIKE and by characters that are not in them: that takes a tenth of a regular expression's time.
-- store-command.sql reads times in the same way.
--
-- msgstore_refuse makes the message a dead letter, bad-data, that says why. Where there is nothing to refuse the reason is null, and
-- so is what is missing, which is left to the tables.
--
-- Fields that have no column go to extra, and give way to what is in extra under the same name. Reading a payload as jsonb to
-- find them takes long. It is not done where the number of colons shows that there are none: one for each field that has a
-- column (1 is that of event), and else only those in extra and in the text of the time.
--
-- The order of the inserts is the same in every batch, so that two batches at a time do not deadlock.
with setting as materialized (
    select nullif(cast(:#timeZone as text), '') as time_zone, ahead, now() + cast(ahead as interval) as latest,
           date_time || '([Zz]|[+-][0-9]{2}(:{0,1}[0-9]{2}){0,1})$' as with_offset, date_time || '$' as without_offset
    from (select cast(:#maxFuture as text) as ahead,
                 '^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+){0,1}' as date_time) as s
),
message as materialized (
    select p.terminal_id,
           t.time,
           t.is_ts,
           case
               when t.time !~ '[^0-9.eE+]' and length(t.time) <= 40
               then case
                   when cast(t.time as float8) < 1e11 then to_timestamp(cast(t.time as float8))
                   when cast(t.time as float8) < 1e14 then to_timestamp(cast(t.time as float8) / 1e3)
                   when cast(t.time as float8) < 1e17 then to_timestamp(cast(t.time as float8) / 1e6)
                   when cast(t.time as float8) < 1e20 then to_timestamp(cast(t.time as float8) / 1e9)
                   else 'infinity' end
               when t.time like any (array ['____-__-__T__:__:__Z', '____-__-__T__:__:__.%Z', '____-__-__T__:__:__+__:__'])
                    and t.time !~ '[^0-9TZ:.+-]|Z.|--'
                    or t.time ~ s.with_offset
               then cast(t.time as timestamptz)
               when s.time_zone is not null and t.time ~ s.without_offset
               then cast(t.time as timestamp) at time zone s.time_zone
           end as gps_time,
           cast(p.latitude as numeric(10, 6)) as latitude,
           cast(p.longitude as numeric(10, 6)) as longitude,
           cast(p.latitude_gcj as numeric(10, 6)) as latitude_gcj,
           cast(p.longitude_gcj as numeric(10, 6)) as longitude_gcj,
           cast(round(p.altitude) as int) as altitude,
           cast(p.speed as numeric(10, 2)) as speed,
           cast(round(p.direction) as int) as direction,
           case p.status when 'true' then 1 when 'false' then 0 else cast(p.status as bigint) end as status,
           case p.alarm when 'true' then 1 when 'false' then 0 else cast(p.alarm as bigint) end as alarm,
           case octet_length(cast(e.payload as text)) - octet_length(replace(cast(e.payload as text), ':', ''))
                - 1 - num_nonnulls(
                    p.terminal_id, p.gps_time, p.ts, p.latitude, p.longitude, p.latitude_gcj, p.longitude_gcj,
                    p.altitude, p.speed, p.direction, p.status, p.alarm, p.extra)
               when 0 then cast(p.extra as jsonb)
               when case when cast(p.extra as text) like '{%'
                         then octet_length(cast(p.extra as text)) - octet_length(replace(cast(p.extra as text), ':', '')) else 0 end
                    + case when strpos(cast(e.payload as text), '"' || t.time || '"') > 0
                           then octet_length(t.time) - octet_length(replace(t.time, ':', '')) else 0 end
               then cast(p.extra as jsonb)
               else (
                   select case
                              when f.further = '{}' then f.extra
                              when f.extra is null then f.further
                              when jsonb_typeof(f.extra) = 'object' then f.further || f.extra
                              else f.further || jsonb_build_object('extra', f.extra) end
                   from (select cast(p.extra as jsonb) as extra,
                                cast(e.payload as jsonb) - array [
                                    'event', 'terminal_id', 'gps_time', 'ts', 'latitude', 'longitude', 'latitude_gcj',
                                    'longitude_gcj', 'altitude', 'speed', 'direction', 'status', 'alarm', 'extra'] as further
                         offset 0) as f)
           end as extra,
           e.position
    from setting as s,
         json_array_elements(cast(:#payloads as json)) with ordinality as e (payload, position),
         json_to_record(e.payload) as p (
             terminal_id text, gps_time text, ts text,
             latitude numeric, longitude numeric, latitude_gcj numeric, longitude_gcj numeric,
             altitude float8, speed numeric, direction float8, status text, alarm text, extra json),
         lateral (
             select coalesce(nullif(p.gps_time, ''), nullif(p.ts, '')) as time, nullif(p.gps_time, '') is null as is_ts) as t
    where coalesce(msgstore_refuse(case
        when p.latitude not between -90 and 90
        then 'latitude ' || left(cast(p.latitude as text), 60) || ' is not from -90 to 90'
        when p.longitude not between -180 and 180
        then 'longitude ' || left(cast(p.longitude as text), 60) || ' is not from -180 to 180'
        when p.latitude_gcj not between -90 and 90
        then 'latitude_gcj ' || left(cast(p.latitude_gcj as text), 60) || ' is not from -90 to 90'
        when p.longitude_gcj not between -180 and 180
        then 'longitude_gcj ' || left(cast(p.longitude_gcj as text), 60) || ' is not from -180 to 180'
        when p.altitude not between -2147483648 and 2147483647
        then 'altitude ' || left(cast(p.altitude as text), 60) || ' is too large'
        when p.speed > 99999999
        then 'speed ' || left(cast(p.speed as text), 60) || ' is too large'
        when p.direction not between -2147483648 and 2147483647
        then 'direction ' || left(cast(p.direction as text), 60) || ' is too large'
        when p.terminal_id = ''
        then 'terminal_id is empty'
        when (ascii(p.terminal_id) in (ascii('{'), ascii('[')) or p.terminal_id in ('true', 'false'))
             and json_typeof(e.payload -> 'terminal_id') not in ('string', 'number')
        then 'terminal_id is neither text nor a number: ' || left(p.terminal_id, 60)
    end), true)
),
history as (
    insert into gps_position_histories (
        terminal_id, gps_time, latitude, longitude, latitude_gcj, longitude_gcj,
        altitude, speed, direction, status, alarm, extra)
    select terminal_id, gps_time, latitude, longitude, latitude_gcj, longitude_gcj,
           altitude, speed, direction, status, alarm, extra
    from setting, message
    where coalesce(msgstore_refuse(case
        when time is null or gps_time between '1970-01-01 00:00:00+00' and latest then null
        else case when is_ts then 'ts' else 'gps_time' end || ' "' || left(time, 60) || case
            when gps_time < '1970-01-01 00:00:00+00' or time ~ '^-[0-9.eE+]+$' then '" is before 1970'
            when gps_time > latest then '" is more than ' || ahead || ' ahead'
            when time ~ without_offset then '" has no offset, and msgstore.time-zone is empty'
            else '" is neither RFC 3339 with an offset nor an epoch' end
    end), true)
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
    where excluded.gps_time >= last.gps_time or last.gps_time > (select latest from setting)
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
