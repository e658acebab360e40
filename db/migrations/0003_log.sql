-- The embedded event log: partitioned topics, consumer groups with leased partitions.
-- next_offset is taken under the row's lock, held until commit: offsets are gapless and become visible in order.
create table log.topics (
  id int generated always as identity primary key,
  name text not null unique,
  partitions int not null check (partitions > 0),
  retention_ms bigint check (retention_ms > 0)
);

create table log.partitions (
  topic int not null references log.topics on delete cascade,
  partition int not null,
  start_offset bigint not null default 0,
  next_offset bigint not null default 0,
  primary key (topic, partition)
) with (fillfactor = 50);

-- No foreign key: an append that finds its partition's row locked it, and a topic's deletion waits for that lock.
-- key is bytea and headers json, not jsonb: both take every string, U+0000 included.
create table log.records (
  topic int not null,
  partition int not null,
  "offset" bigint not null,
  at timestamptz not null,
  key bytea,
  headers json not null,
  value bytea not null,
  primary key (topic, partition, "offset")
);

-- A process that reads. It is alive while its connection holds the advisory lock of its id and its lease has not run out.
create table log.sessions (
  id int generated always as identity primary key,
  expires_at timestamptz not null
) with (fillfactor = 50);

create table log.members (
  id int generated always as identity primary key,
  session int not null references log.sessions on delete cascade,
  "group" text not null,
  topic int not null references log.topics on delete cascade
);
create index members_of_session on log.members (session);
create index members_of_topic on log.members (topic, "group");

-- What a group has done of a partition and which member reads it: a commit names its member, so one that has lost
-- the partition changes nothing.
create table log.claims (
  "group" text not null,
  topic int not null references log.topics on delete cascade,
  partition int not null,
  "offset" bigint not null,
  member int references log.members on delete set null,
  primary key ("group", topic, partition)
) with (fillfactor = 50);
create index claims_of_member on log.claims (member) where member is not null;
create index claims_of_topic on log.claims (topic);

grant usage on schema log to :role(api);
grant select on log.topics, log.partitions, log.records to :role(api);
