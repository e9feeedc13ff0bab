-- Refuses a message in words: raises an error that is the message's own (SQLSTATE 22023), so that it becomes a dead letter, bad-data.
--
-- In:  reason  what is wrong with the message, or null if nothing is
-- Out: null, if nothing is
--
-- It is volatile, although its answer is always the same: the planner runs others ahead where they are called with a constant.

create or replace function msgstore_refuse(reason text) returns boolean
language plpgsql volatile strict parallel safe
as $$
begin
    raise exception using message = reason, errcode = 'invalid_parameter_value';
end
$$;
