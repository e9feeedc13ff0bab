-- status and alarm are unsigned numbers of 32 bits (JT/T 808): an int holds half of them. To change the type PostgreSQL writes
-- the whole table anew, and nobody can use it meanwhile, so that is left to you where it may take long, or where something
-- depends on the columns: a warning says what to run. Until then a number that does not fit is a dead letter.
do $$
declare
    name     text;
    relation regclass;
    bytes    bigint;
    changes  text;
    obstacle text;
begin
    -- not behind a reader that takes its time, and with all writers behind us
    perform set_config('lock_timeout', '5s', true);
    foreach name in array array ['gps_position_histories', 'gps_position_last'] loop
        relation := to_regclass(name);
        select 'alter table ' || relation || string_agg(format(' alter column %I type bigint', attname), ',' order by attnum)
        into changes
        from pg_attribute
        where attrelid = relation
          and attname in ('status', 'alarm')
          and atttypid in (cast('int2' as regtype), cast('int4' as regtype))
          and not attisdropped;
        continue when changes is null;

        with recursive part as (
            select cast(relation as oid) as id
            union
            select inhrelid from pg_inherits join part on inhparent = id
        )
        select sum(pg_table_size(id)) into bytes from part;

        obstacle := null;
        if bytes > 100 * 1024 * 1024 then
            obstacle := 'it has ' || pg_size_pretty(bytes) || ', which takes long to write anew';
        else
            begin
                execute changes;
            exception when others then
                obstacle := sqlerrm;
            end;
        end if;
        if obstacle is not null then
            raise warning 'status and alarm of % stay as they are (%). Run this when it suits you: %;', name, obstacle, changes;
        end if;
    end loop;
end
$$;
