-- Gives a dead letter another payload, and keeps what it held before the first correction.
--
-- In:         :#id, :#content (bytes), :#json (whether they are JSON, which is refused where they are not)
-- Out:        one row: outcome, 'corrected', 'replayed' (too late: nothing is changed) or 'unknown'
-- Idempotent: the same correction again changes nothing but its time
with letter as (
    select id, replayed_at from dead_letters where id = cast(:#id as bigint)
),
correction as (
    select case when cast(:#json as boolean)
                then cast(convert_from(cast(:#content as bytea), 'UTF8') as jsonb) end as payload
),
corrected as (
    update dead_letters d
    set original_envelope = case when d.corrected_at is null then d.envelope else d.original_envelope end,
        original_payload = case when d.corrected_at is null then d.payload else d.original_payload end,
        corrected_at = now(),
        envelope = case
            when cast(:#json as boolean) then jsonb_set(coalesce(d.envelope, '{}'), '{payload}', c.payload)
            else d.envelope - 'payload' end,
        payload = case when not cast(:#json as boolean) then cast(:#content as bytea) end
    from correction c
    where d.id = cast(:#id as bigint) and d.replayed_at is null
    returning d.id
)
select case
    when exists (select 1 from corrected) then 'corrected'
    when exists (select 1 from letter) then 'replayed'
    else 'unknown' end as outcome
