-- Counts the open dead letters.
--
-- In:  the filters :#id, :#reason, :#topic (a regular expression), :#event, :#from, :#to, each null for any
-- Out: one row: open
with wanted as (
    select cast(:#id as bigint) as id, cast(:#reason as text) as reason, cast(:#topic as text) as topic,
           cast(:#event as text) as event, cast(:#from as timestamptz) as since, cast(:#to as timestamptz) as until
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
