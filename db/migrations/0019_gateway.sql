-- What is left of each caller's limit, for all pods of the gateway. Unlogged: after a crash of the database every bucket
-- is full again, and no lease waits for a disk.
create unlogged table gateway.buckets (
  key text primary key,
  -- Below zero where pods let requests pass before they had asked.
  tokens double precision not null,
  at timestamptz not null
);

-- A pod pays what it owes and takes up to `wanted` more. A bucket is full where it was never seen. `wait_ms`: until
-- there is one token again.
create function gateway.lease(
  bucket text, capacity double precision, seconds double precision, owed integer, wanted integer,
  out granted integer, out wait_ms double precision
) language plpgsql as $$
declare
  level double precision;
  seen timestamptz;
begin
  -- Made or locked in one step: nobody can sweep it away before it is written.
  insert into gateway.buckets as known values (bucket, capacity, clock_timestamp())
    on conflict (key) do update set at = known.at
    returning tokens, at into level, seen;
  -- Read after the lock was had, so that it never goes backwards.
  level := least(capacity, level + greatest(0, extract(epoch from clock_timestamp() - seen)) * capacity / seconds);
  level := level - owed;
  granted := greatest(0, least(wanted, floor(level)));
  level := level - granted;
  update gateway.buckets set tokens = level, at = clock_timestamp() where key = bucket;
  wait_ms := greatest(0, 1 - level) * seconds / capacity * 1000;
end $$;
