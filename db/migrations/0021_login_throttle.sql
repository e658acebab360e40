-- What is left of the tries to log in: of an account from an address, of an account from new addresses, of an address.
-- Keys are hashes. Unlogged: after a crash of the database every bucket is full again.
create unlogged table auth.login_tries (
  key bytea primary key,
  tokens double precision not null,
  at timestamptz not null
);

-- From where an account was logged in to.
create table auth.known_places (
  key bytea primary key,
  at timestamptz not null default now()
);

-- Takes a token out of each bucket, or out of none. The seconds to wait; 0: taken.
create function auth.take_try(keys bytea[], capacities double precision[], seconds double precision[])
returns double precision language plpgsql as $$
declare
  wait double precision;
begin
  -- In order of their keys, made or locked in one step: two tries never wait for each other.
  insert into auth.login_tries as known
    select key, capacity, clock_timestamp() from unnest(keys, capacities) as asked (key, capacity) order by key
    on conflict (key) do update set at = known.at;
  -- Read after the locks were had, so that it never goes backwards.
  update auth.login_tries as tries
    set at = clock_timestamp(), tokens = least(
      asked.capacity,
      tries.tokens + greatest(0, extract(epoch from clock_timestamp() - tries.at)) * asked.capacity / asked.seconds
    )
    from unnest(keys, capacities, seconds) as asked (key, capacity, seconds) where tries.key = asked.key;
  select max(greatest(0, 1 - tries.tokens) * asked.seconds / asked.capacity) into wait
    from auth.login_tries as tries join unnest(keys, capacities, seconds) as asked (key, capacity, seconds) using (key);
  if wait = 0 then
    update auth.login_tries set tokens = tokens - 1 where key = any (keys);
  end if;
  return wait;
end $$;
