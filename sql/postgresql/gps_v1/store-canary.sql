-- Stores a batch of canaries: the latest one of each msgstore, never an older one in its place.
--
-- In:         :#batch, a JSON array of envelopes
-- Out:        a row per event: event, stored (canaries that were not there before)
-- Idempotent: by (client_id, canary_id)
with message as materialized (
    select p.client_id, p.id as canary_id, p.sent_at
    from json_array_elements(cast(:#batch as json)) as e (envelope),
         json_to_record(e.envelope -> 'payload') as p (client_id text, id text, sent_at timestamptz)
),
stored as (
    insert into canaries as last (client_id, canary_id, sent_at)
    select distinct on (client_id) client_id, canary_id, sent_at
    from message
    order by client_id, sent_at desc
    on conflict (client_id) do update
    set canary_id = excluded.canary_id,
        sent_at = excluded.sent_at,
        stored_at = now()
    where excluded.sent_at > last.sent_at
    returning 1
)
select 'canary' as event, count(*) as stored from stored
