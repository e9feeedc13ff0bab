-- Deletes one dead letter.
--
-- In:  :#id
-- Out: a row: id; none when there is no such dead letter
delete from dead_letters
where id = cast(:#id as bigint)
returning id
