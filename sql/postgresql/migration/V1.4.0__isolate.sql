-- Finds what a statement is refused for: runs it with parts of a batch, and with parts of those that fail, until each message
-- that can't be stored stands alone. All others are stored. One call for a batch, however many of its messages are bad.
--
-- In:  statement   with $1 for a batch, text, and $2 for further parameters, text[]; it returns rows with event, stored and,
--                  where it tells, missing (messages that it neither stored nor found)
--      batch       the messages, JSON, with the character 30 between them, which JSON does not have
--      parameters  $2 of the statement
--      witness     a message that was stored before, JSON, or empty: where nothing goes through it says whose fault that is
-- Out: a row for each event of each part that went through: lowest, highest (places in the batch, from 1), event, stored;
--      a row for each message that did not: lowest = highest, state (SQLSTATE), error;
--      where nothing went through, a row for the witness or an empty batch: lowest = 0, and if that failed too state and error
--
-- The statement is prepared under the name msgstore_part and gone at the end, also of a call that fails.
-- Errors of the connection, of resources and of transactions end the call: they say nothing about a message.

create or replace function msgstore_isolate(statement text, batch text, parameters text[], witness text)
returns table (lowest int, highest int, event text, stored bigint, state text, error text)
language plpgsql
-- the statement is planned once, not for each part
set plan_cache_mode = force_generic_plan
as $$
declare
    separator constant text := chr(30);
    parts constant int := 8;
    messages text[] := string_to_array(batch, separator);
    waiting int[] := array[]::int[];
    answers text[];
    answer record;
    missing bigint;
    passed boolean := false;
    again boolean := false;
    width int;
    problem text;
    words text;
begin
    -- what is checked at the end of a transaction would fail the whole of it
    set constraints all immediate;
    if exists (select from pg_prepared_statements where name = 'msgstore_part') then
        deallocate msgstore_part;
    end if;
    execute 'prepare msgstore_part (text, text[]) as ' || statement;
    width := greatest(1, (cardinality(messages) + parts - 1) / parts);
    for start in reverse ((cardinality(messages) - 1) / width) .. 0 loop
        waiting := waiting || array[start * width + 1, least(cardinality(messages), (start + 1) * width)];
    end loop;
    while cardinality(waiting) > 0 loop
        highest := waiting[cardinality(waiting)];
        lowest := waiting[cardinality(waiting) - 1];
        waiting := waiting[1 : cardinality(waiting) - 2];
        answers := array[]::text[];
        begin
            missing := 0;
            for answer in execute format(
                'execute msgstore_part (%L, %L)',
                '[' || array_to_string(messages[lowest : highest], ',') || ']', parameters)
            loop
                answers := answers || (to_jsonb(answer) ->> 'event') || (to_jsonb(answer) ->> 'stored');
                missing := missing + coalesce((to_jsonb(answer) ->> 'missing')::bigint, 0);
            end loop;
            if missing > 0 and not (lowest = highest and not again) then
                raise exception 'the row was neither stored nor found: a trigger or a rule may have dropped it'
                    using errcode = '23000';
            end if;
        exception when others then
            get stacked diagnostics problem = returned_sqlstate, words = message_text;
            if left(problem, 2) in ('08', '25', '28', '3D', '40', '53', '57', '58') or problem = '55P03' then
                raise;
            end if;
            missing := 0;
            again := false;
            if lowest < highest then
                width := greatest(1, (highest - lowest + parts) / parts);
                for start in reverse ((highest - lowest) / width) .. 0 loop
                    waiting := waiting
                        || array[lowest + start * width, least(highest, lowest + (start + 1) * width - 1)];
                end loop;
            else
                event := null;
                stored := null;
                state := problem;
                error := words;
                return next;
            end if;
            continue;
        end;
        -- another transaction may have stored it meanwhile, which the next statement sees
        again := missing > 0;
        if again then
            waiting := waiting || array[lowest, highest];
            continue;
        end if;
        passed := true;
        state := null;
        error := null;
        for place in 1 .. cardinality(answers) / 2 loop
            event := answers[2 * place - 1];
            stored := answers[2 * place];
            return next;
        end loop;
    end loop;
    if not passed then
        lowest := 0;
        highest := 0;
        event := null;
        stored := null;
        state := null;
        error := null;
        begin
            execute format('execute msgstore_part (%L, %L)', '[' || witness || ']', parameters);
            -- it is no message of this batch: nothing of it stays
            raise exception using errcode = 'MS000';
        exception
            when sqlstate 'MS000' then
                null;
            when others then
                get stacked diagnostics state = returned_sqlstate, error = message_text;
        end;
        return next;
    end if;
    deallocate msgstore_part;
exception when query_canceled or others then
    if exists (select from pg_prepared_statements where name = 'msgstore_part') then
        deallocate msgstore_part;
    end if;
    raise;
end
$$;
