-- Counts the open dead letters.
--
-- In:  the filters :#id, :#reason, :#topic (a regular expression), :#event, :#from, :#to, :#q (text in topic, error,
--      envelope or payload, in any case; or an id or trace id), each null for any
-- Out: one row: open
with wanted as (
    select cast(:#id as bigint) as id, cast(:#reason as text) as reason, cast(:#topic as text) as topic,
           cast(:#event as text) as event, cast(:#from as timestamptz) as since, cast(:#to as timestamptz) as until,
           cast(:#q as text) as q
)
select count(*) as open
from dead_letters d, wanted w
where d.replayed_at is null
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
