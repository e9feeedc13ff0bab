-- Reads the payload of a dead letter, as a replay would take it.
--
-- In:  :#id
-- Out: a row: json (whether it is JSON), content (its bytes; JSON is indented, numbers are as they came); none when there is
--      no such dead letter
select payload is null
           or envelope -> 'payload' is not null
              and message_hash = encode(
                  sha256(convert_to(coalesce(topic, ''), 'UTF8') || decode('00', 'hex') || payload), 'hex') as json,
       case
           when payload is not null
                and (envelope -> 'payload' is null
                     or message_hash <> encode(
                         sha256(convert_to(coalesce(topic, ''), 'UTF8') || decode('00', 'hex') || payload), 'hex'))
           then payload
           else convert_to(jsonb_pretty(coalesce(envelope -> 'payload', 'null')), 'UTF8')
       end as content
from dead_letters
where id = cast(:#id as bigint)
