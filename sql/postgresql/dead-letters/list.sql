-- Reads a page of dead letters, oldest first.
--
-- In:  :#after, :#limit, where the page begins and how long it is; the filters :#reason, :#topic (a regular expression),
--      :#event, :#open, :#from, :#to, each null for any
-- Out: one row: json, {"items": […], "next": id of the last item when there are more, "total_open": of all}. Envelope and
--      payload above 64 KiB are left out and only their size told; get.sql has them
with wanted as (
    select cast(:#reason as text) as reason, cast(:#topic as text) as topic, cast(:#event as text) as event,
           cast(:#open as boolean) as open, cast(:#from as timestamptz) as since, cast(:#to as timestamptz) as until
),
page as (
    select d.*, coalesce(octet_length(d.payload), 0) + coalesce(octet_length(cast(d.envelope as text)), 0) as bytes
    from dead_letters d, wanted w
    where d.id > cast(:#after as bigint)
      and (w.reason is null or d.reason = w.reason)
      and (w.topic is null or d.topic ~ w.topic)
      and (w.event is null or d.event = w.event)
      and (w.open is null or (d.replayed_at is null) = w.open)
      and (w.since is null or d.failed_at >= w.since)
      and (w.until is null or d.failed_at < w.until)
    order by d.id
    limit cast(:#limit as int) + 1
),
item as (
    select * from page order by id limit cast(:#limit as int)
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
            'envelope', case when bytes <= 65536 then envelope end,
            'payload', case when bytes <= 65536 then translate(encode(payload, 'base64'), chr(10), '') end)
            order by id) from item),
        '[]'),
    'next', case when (select count(*) from page) > cast(:#limit as int) then (select max(id) from item) end,
    'total_open', (select count(*) from dead_letters where replayed_at is null)) as text) as json
