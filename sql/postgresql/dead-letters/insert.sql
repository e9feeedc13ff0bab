-- Stores dead letters.
--
-- In:         :#batch, a JSON array of dead letters (see the columns below); payload is base64
-- Out:        a row: stored (rows that were not there before)
-- Idempotent: by message_key; a message that died again in a replay changes its row, but not envelope and payload, which
--             someone may have corrected meanwhile. One that the broker delivered again (redelivered) is not stored a
--             second time. Copies of a message, which came by several subscriptions, have the same key and are one row.
with letter as materialized (
    select *
    from json_to_recordset(cast(:#batch as json)) as l (
        message_key text, message_hash text, redelivered boolean, failed_at timestamptz, received_at timestamptz,
        reason text, error text, sqlstate text, attempts int, topic text, event text, trace_id text,
        envelope jsonb, payload text)
),
inserted as (
    insert into dead_letters as d (
        message_key, message_hash, failed_at, received_at, reason, error, sqlstate, attempts,
        topic, event, trace_id, envelope, payload)
    select distinct on (message_key)
           message_key, message_hash, failed_at, received_at, reason, error, sqlstate, attempts,
           topic, event, trace_id, envelope, decode(payload, 'base64')
    from letter
    where not (redelivered and exists (select 1 from dead_letters k where k.message_hash = letter.message_hash))
    order by message_key
    on conflict (message_key) do update
    set failed_at = excluded.failed_at,
        reason = excluded.reason,
        error = excluded.error,
        sqlstate = excluded.sqlstate,
        attempts = d.attempts + excluded.attempts,
        event = excluded.event
    where excluded.failed_at > d.failed_at
    returning (xmax = 0) as new
)
select count(*) filter (where new) as stored from inserted
