-- What a dead letter held before it was corrected over HTTP for the first time, and when it was corrected last. Who did it
-- is not known.

alter table dead_letters add column if not exists corrected_at timestamptz;
alter table dead_letters add column if not exists original_envelope jsonb;
alter table dead_letters add column if not exists original_payload bytea;
