-- Stores a batch that was refused, but for the messages that it was refused for.
--
-- In:  :#statement, the statement that failed; :#elements, :#parameters and :#witness: see the migration V1.4.0
-- Out: see there
-- Idempotent: as the statement
--
-- For each statement one at a time, over all instances of msgstore: the parts of a batch lock rows in an order of their own, so that
-- two such calls would deadlock. Within an instance the route keeps the other batches of that name away as well.
with turn as materialized (
    select s.statement,
           -- empty, but only there when the turn has come
           cast(pg_advisory_xact_lock(hashtext('msgstore_isolate'), hashtext(s.statement)) as text) as taken
    from (select cast(:#statement as text) as statement) as s
)
select i.lowest, i.highest, i.event, i.stored, i.state, i.error
from turn,
     msgstore_isolate(
         turn.statement || turn.taken,
         cast(:#elements as text), cast(:#parameters as text[]), cast(:#witness as text)) as i
