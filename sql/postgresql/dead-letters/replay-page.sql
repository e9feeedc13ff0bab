-- Marks dead letters of the page before as replayed, and reads the next page of open ones.
--
-- In:  :#settled, ids to mark, and :#corrections, what correction was when each of them was read, both comma-separated: one
--      that was corrected since holds another message now, and stays open; :#after, :#limit, where the page begins and how
--      long it is; the filters :#id, :#reason, :#topic (a regular expression), :#event, :#from, :#to, :#q (text, as in
--      list.sql), each null for any
-- Out: marked (how many were marked, the same in every row) and a dead letter, at most 8 MiB of them but at least one;
--      one row with no id when there are none. correction is when it was corrected last, null where it was not; content is
--      the message's bytes: payload where it has been changed or where the envelope holds none, else the envelope's
with marked as (
    update dead_letters d
    set replayed_at = now()
    from unnest(cast(string_to_array(cast(:#settled as text), ',') as bigint[]),
                cast(string_to_array(cast(:#corrections as text), ',', '') as timestamptz[])) as s (id, corrected_at)
    where d.id = s.id
      and d.replayed_at is null
      and d.corrected_at is not distinct from s.corrected_at
    returning 1
),
wanted as (
    select cast(:#id as bigint) as id, cast(:#reason as text) as reason, cast(:#topic as text) as topic,
           cast(:#event as text) as event, cast(:#from as timestamptz) as since, cast(:#to as timestamptz) as until,
           cast(:#q as text) as q
),
page as (
    select d.*
    from dead_letters d, wanted w
    where d.replayed_at is null
      and d.id > cast(:#after as bigint)
      and (w.id is null or d.id = w.id)
      and (w.reason is null or d.reason = w.reason)
      and (w.topic is null or d.topic ~ w.topic)
      and (w.event is null or d.event = w.event)
      and (w.since is null or d.failed_at >= w.since)
      and (w.until is null or d.failed_at < w.until)
      and (w.q is null or w.q in (d.trace_id, cast(d.id as text))
           or strpos(lower(concat_ws(' ', d.topic, d.error, cast(d.envelope as text))), lower(w.q)) > 0
           or strpos(lower(regexp_replace(encode(d.payload, 'escape'), '\\[0-7]{3}', ' ', 'g')), lower(w.q)) > 0
           or position(convert_to(w.q, 'UTF8') in d.payload) > 0)
    order by d.id
    limit cast(:#limit as int)
),
letter as (
    select id, message_key, reason, received_at, trace_id, envelope, cast(corrected_at as text) as correction,
           coalesce(envelope ->> 'topic', topic, '') as topic,
           case
               when payload is not null
                    and (envelope -> 'payload' is null
                         or message_hash <> encode(
                             sha256(convert_to(coalesce(topic, ''), 'UTF8') || decode('00', 'hex') || payload), 'hex'))
               then payload
               when jsonb_typeof(envelope -> 'payload') = 'object'
               then convert_to(cast(
                        jsonb_strip_nulls(jsonb_build_object(
                            'ts', to_char(received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                            'topic', topic,
                            'trace_id', trace_id)) || envelope as text), 'UTF8')
               else convert_to(cast(envelope -> 'payload' as text), 'UTF8')
           end as content
    from page
),
sized as (
    select *, coalesce(sum(octet_length(content)) over (
        order by id rows between unbounded preceding and 1 preceding), 0) as bytes_before
    from letter
)
select m.marked, s.id, s.message_key, s.reason, s.topic, s.trace_id, s.content, s.correction,
       cast(extract(epoch from s.received_at) * 1000 as bigint) as received_at,
       s.envelope ->> 'client_id' as client_id, s.envelope ->> 'username' as username
from (select count(*) as marked from marked) m
left join sized s on s.bytes_before < 8388608
order by s.id
