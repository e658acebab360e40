-- What analytics has learned of each order, payment, mail and user, from events alone, and whose it is. What is learned
-- of one is the same in whatever order its events come.
create table analytics.subjects (
  -- The subject of its events.
  id text primary key,
  noun text not null,
  user_id uuid not null,
  facts jsonb not null default '{}',
  -- Of an order or payment: when it began and when its outcome stood.
  began_at timestamptz,
  ended_at timestamptz
) with (fillfactor = 80);
create index subjects_ended on analytics.subjects (noun, ended_at) where began_at is not null;

-- Sums over all subjects. Each is spread over slots, so that transactions seldom wait for each other.
create table analytics.counters (
  name text not null,
  label text not null,
  slot smallint not null,
  value bigint not null,
  primary key (name, label, slot)
) with (fillfactor = 50);

-- What clients tell of themselves; never published.
create table analytics.records (
  -- UUIDv7: the table is in the order of time.
  id uuid primary key,
  user_id uuid not null,
  type text not null,
  subject text,
  data jsonb,
  at timestamptz not null default now()
);

create policy watch_reads on events.outbox for select to :role(analytics) using (true);
create policy watch_reads on events.inbox for select to :role(analytics) using (true);
create policy watch_reads on events.attempts for select to :role(analytics) using (true);

-- An order's timeline has what its payment and its mails did, too. A hash: keys of others' events may be long.
create index outbox_partition_key on events.outbox using hash (partition_key);
