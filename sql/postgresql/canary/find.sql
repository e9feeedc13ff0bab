-- Whether a canary is stored.
--
-- In:  :#canary, its id
-- Out: one row with the time when it was stored; none when it is not there
select stored_at from canaries where canary_id = cast(:#canary as text)
