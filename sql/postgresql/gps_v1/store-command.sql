-- Stores a batch of evt and cmd messages as command events.
--
-- In:         :#batch, a JSON array of envelopes
-- Out:        a row per event: event, stored (rows that were not there before), missing (neither stored nor there)
-- Idempotent: by message_key, made of topic, client and payload: a message delivered twice is the same to the letter.
--             A device that sends the same event twice and means two has to put a time or a number into it.
with message as materialized (
    select e.envelope ->> 'topic' as topic,
           coalesce(
               p.ts_text::timestamptz,
               to_timestamp(case when abs(p.ts_number) >= 100000000000 then p.ts_number / 1000.0 else p.ts_number end),
               (e.envelope ->> 'ts')::timestamptz) as ts,
           p.payload ->> 'event' as event,
           coalesce(p.payload ->> 'event_type', p.payload ->> 'type') as event_type,
           e.envelope ->> 'client_id' as client_id,
           e.envelope ->> 'username' as username,
           e.envelope ->> 'peer' as peer,
           e.envelope ->> 'protocol' as protocol,
           (p.payload ->> 'reason_code')::int as reason_code,
           nullif(p.payload - array ['event', 'event_type', 'type', 'ts', 'reason_code'], '{}') as extra,
           md5(concat_ws(chr(10), e.envelope ->> 'topic', e.envelope ->> 'client_id', p.payload::text)) as message_key,
           e.position
    from json_array_elements(cast(:#batch as json)) with ordinality as e (envelope, position),
         lateral (select cast(e.envelope -> 'payload' as jsonb) as payload) as j,
         lateral (select j.payload,
                         case when jsonb_typeof(j.payload -> 'ts') = 'string' then j.payload ->> 'ts' end as ts_text,
                         case when jsonb_typeof(j.payload -> 'ts') = 'number'
                              then (j.payload ->> 'ts')::numeric end as ts_number) as p
),
stored as (
    insert into client_cmd_events (
        ts, event_type, client_id, username, peer, protocol, reason_code, extra, message_key)
    select ts, event_type, client_id, username, peer, protocol, reason_code, extra, message_key
    from message
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
