-- Reads a page of dead letters, oldest or newest first.
--
-- In:  :#after, :#limit, behind which dead letter the page begins (0 for the first page) and how long it is; :#newest,
--      whether the newest come first; the filters :#reason, :#topic (a regular expression), :#event, :#open, :#from, :#to,
--      :#q (text in topic, error, envelope or payload, in any case; or an id or trace id), each null for any
-- Out: one row: json, {"items": […], "next": id of the last item when there are more, "total_open": of all}. Envelope and
--      payload above 64 KiB, and those behind the first 4 MiB of a page, are left out and only their size told; payload.sql
--      has all bytes
with wanted as not materialized (
    select cast(:#reason as text) as reason, cast(:#topic as text) as topic, cast(:#event as text) as event,
           cast(:#open as boolean) as open, cast(:#from as timestamptz) as since, cast(:#to as timestamptz) as until,
           cast(:#q as text) as q
),
found as not materialized (
    select d.*, coalesce(octet_length(d.payload), 0) + coalesce(octet_length(cast(d.envelope as text)), 0) as bytes
    from dead_letters d, wanted w
    where (w.reason is null or d.reason = w.reason)
      and (w.topic is null or d.topic ~ w.topic)
      and (w.event is null or d.event = w.event)
      and (w.open is null or (d.replayed_at is null) = w.open)
      and (w.since is null or d.failed_at >= w.since)
      and (w.until is null or d.failed_at < w.until)
      and (w.q is null or w.q in (d.trace_id, cast(d.id as text))
           or strpos(lower(concat_ws(' ', d.topic, d.error, cast(d.envelope as text))), lower(w.q)) > 0
           or strpos(lower(regexp_replace(encode(d.payload, 'escape'), '\\[0-7]{3}', ' ', 'g')), lower(w.q)) > 0
           or position(convert_to(w.q, 'UTF8') in d.payload) > 0)
),
page as (
    (select * from found
     where not cast(:#newest as boolean) and id > cast(:#after as bigint)
     order by id limit cast(:#limit as int) + 1)
    union all
    (select * from found
     where cast(:#newest as boolean) and (cast(:#after as bigint) = 0 or id < cast(:#after as bigint))
     order by id desc limit cast(:#limit as int) + 1)
),
item as (
    select *, bytes <= 65536 and sum(bytes) filter (where bytes <= 65536) over listed <= 4194304 as whole,
           row_number() over listed as place
    from page
    window listed as (order by case when cast(:#newest as boolean) then -id else id end)
)
select cast(json_build_object(
    'items', coalesce(
        (select json_agg(json_build_object(
            'id', id,
            'failed_at', to_char(failed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            'received_at', to_char(received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            'replayed_at', to_char(replayed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
            'reason', reason,
            'error', error,
            'sqlstate', sqlstate,
            'attempts', attempts,
            'topic', topic,
            'event', event,
            'trace_id', trace_id,
            'bytes', bytes,
            'envelope', case when whole then envelope end,
            'payload', case when whole then translate(encode(payload, 'base64'), chr(10), '') end,
            'corrected_at', to_char(corrected_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
            order by place) from item where place <= cast(:#limit as int)),
        '[]'),
    'next', case when (select count(*) from page) > cast(:#limit as int)
                 then (select id from item where place = cast(:#limit as int)) end,
    'total_open', (select count(*) from dead_letters where replayed_at is null)) as text) as json
