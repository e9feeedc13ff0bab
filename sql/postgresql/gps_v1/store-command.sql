-- Stores a batch of evt and cmd messages as command events.
--
-- In:         :#batch, a JSON array of envelopes; :#timeZone, the zone of times that name none, or empty; :#maxFuture, how far
--             ahead of the database's clock a time may be, such as 1d
-- Out:        a row per event: event, stored (rows that were not there before), missing (neither stored nor there)
-- Idempotent: by message_key, made of topic, client and payload: a message delivered twice is the same to the letter.
--             A device that sends the same event twice and means two has to put a time or a number into it. Those that stand
--             twice in one array are two: copy numbers them.
--
-- A time is ts, or that of the envelope where ts is missing or empty. How times are read and refused: store-gps.sql.
with setting as materialized (
    select nullif(cast(:#timeZone as text), '') as time_zone, ahead, now() + cast(ahead as interval) as latest,
           date_time || '([Zz]|[+-][0-9]{2}(:{0,1}[0-9]{2}){0,1})$' as with_offset, date_time || '$' as without_offset
    from (select cast(:#maxFuture as text) as ahead,
                 '^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+){0,1}' as date_time) as s
),
message as materialized (
    select a.envelope ->> 'topic' as topic,
           t.time,
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
           end as ts,
           e.payload ->> 'event' as event,
           coalesce(e.payload ->> 'event_type', e.payload ->> 'type') as event_type,
           a.envelope ->> 'client_id' as client_id,
           a.envelope ->> 'username' as username,
           a.envelope ->> 'peer' as peer,
           a.envelope ->> 'protocol' as protocol,
           cast(e.payload ->> 'reason_code' as int) as reason_code,
           nullif(
               case
                   when e.payload ->> 'event_type' is null
                   then e.payload - array ['event', 'event_type', 'type', 'ts', 'reason_code']
                   else e.payload - array ['event', 'event_type', 'ts', 'reason_code'] end,
               '{}') as extra,
           md5(concat_ws(
               chr(10), a.envelope ->> 'topic', a.envelope ->> 'client_id', cast(e.payload as text), a.envelope ->> 'copy'
           )) as message_key,
           a.position
    from setting as s,
         json_array_elements(cast(:#batch as json)) with ordinality as a (envelope, position),
         -- offset 0: once, not in every expression
         lateral (select cast(a.envelope -> 'payload' as jsonb) as payload offset 0) as e,
         lateral (select coalesce(nullif(e.payload ->> 'ts', ''), a.envelope ->> 'ts') as time offset 0) as t
),
stored as (
    insert into client_cmd_events (
        ts, event_type, client_id, username, peer, protocol, reason_code, extra, message_key)
    select ts, event_type, client_id, username, peer, protocol, reason_code, extra, message_key
    from setting, message
    where coalesce(msgstore_refuse(case
        when time is null or ts between '1970-01-01 00:00:00+00' and latest then null
        else 'ts "' || left(time, 60) || case
            when ts < '1970-01-01 00:00:00+00' or time ~ '^-[0-9.eE+]+$' then '" is before 1970'
            when ts > latest then '" is more than ' || ahead || ' ahead'
            when time ~ without_offset then '" has no offset, and msgstore.time-zone is empty'
            else '" is neither RFC 3339 with an offset nor an epoch' end
    end), true)
    order by message_key, position
    on conflict (message_key) do nothing
    returning message_key
)
select event, count(stored.message_key) as stored,
       count(*) filter (where stored.message_key is null and not exists (
           select from client_cmd_events as e where e.message_key = first.message_key)) as missing
from (select distinct on (message_key) event, message_key from message order by message_key, position) as first
left join stored using (message_key)
group by event
