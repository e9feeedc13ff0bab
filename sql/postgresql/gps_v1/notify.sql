-- Tells listeners on the channel msgstore that a batch was committed: once per batch, because NOTIFY takes a lock on the
-- whole database when it commits.
--
-- In: :#notification, text
select pg_notify('msgstore', cast(:#notification as text))
