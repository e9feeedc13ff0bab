-- Reads one dead letter, whole.
--
-- In:  :#id
-- Out: a row: json; none when there is no such dead letter
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
    'bytes', coalesce(octet_length(payload), 0) + coalesce(octet_length(cast(envelope as text)), 0),
    'envelope', envelope,
    'payload', translate(encode(payload, 'base64'), chr(10), ''),
    'corrected_at', to_char(corrected_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'original', case when corrected_at is not null then json_build_object(
        'envelope', original_envelope,
        'payload', translate(encode(original_payload, 'base64'), chr(10), '')) end) as text) as json
from dead_letters
where id = cast(:#id as bigint)
