-- Stores a batch that was refused, but for the messages that it was refused for.
--
-- In:  :#statement, the statement that failed; :#elements, :#parameters and :#witness: see the migration V1.4.0
-- Out: see there
-- Idempotent: as the statement
select lowest, highest, event, stored, state, error
from msgstore_isolate(
    cast(:#statement as text), cast(:#elements as text), cast(:#parameters as text[]), cast(:#witness as text))
