-- Reads one dead letter, with what it held before it was corrected.
--
-- In:  :#id
-- Out: a row: json; none when there is no such dead letter. Envelope and payload above 64 KiB are left out and only their
--      size told, as in list.sql, and so is the original; payload.sql has all bytes
with letter as not materialized (
    select *, coalesce(octet_length(payload), 0) + coalesce(octet_length(cast(envelope as text)), 0) as bytes,
           coalesce(octet_length(original_payload), 0)
               + coalesce(octet_length(cast(original_envelope as text)), 0) as original_bytes
    from dead_letters
    where id = cast(:#id as bigint)
)
select cast(json_build_object(
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
    'payload', case when bytes <= 65536 then translate(encode(payload, 'base64'), chr(10), '') end,
    'corrected_at', to_char(corrected_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'original', case when corrected_at is not null and original_bytes <= 65536 then json_build_object(
        'envelope', original_envelope,
        'payload', translate(encode(original_payload, 'base64'), chr(10), '')) end) as text) as json
from letter
