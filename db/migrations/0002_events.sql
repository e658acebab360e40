-- What functions share: the events they publish (outbox), have taken in (inbox) and have tried to handle (attempts).
-- Row-level security gives each role its own rows only. docs/invariants/outbox.md says what must hold.

grant usage on schema events to :role(functions);

create table events.outbox (
  id uuid primary key,
  role name not null default current_user,
  -- json, not jsonb: an event sent again must be storable even with an escaped null character in its data.
  event json not null,
  subject text,
  type text not null,
  partition_key text,
  created_at timestamptz not null default now(),
  -- Until then the row is in the hands of who wrote or claimed it; afterwards any relay may claim it.
  held_until timestamptz not null default clock_timestamp() + interval '5 seconds',
  published_at timestamptz
);

create index outbox_unpublished on events.outbox (role, held_until) where published_at is null;
-- A hash: subjects of others' events may be longer than a btree takes.
create index outbox_subject on events.outbox using hash (subject);

create table events.inbox (
  role name not null default current_user,
  consumer text not null,
  source text not null,
  id text not null,
  type text not null,
  subject text,
  received_at timestamptz not null default now(),
  -- sha256 of source and id, which may be longer than a btree takes.
  origin bytea not null,
  -- The role leads, so that no function can make another one drop an event.
  primary key (role, consumer, origin)
);

create index inbox_subject on events.inbox using hash (subject);

create table events.attempts (
  seq bigint generated always as identity primary key,
  role name not null default current_user,
  consumer text not null,
  source text not null,
  id text not null,
  type text not null,
  subject text,
  code int not null,
  reason text,
  ms int not null,
  at timestamptz not null default now()
);

create index attempts_subject on events.attempts using hash (subject);

alter table events.outbox enable row level security;
alter table events.inbox enable row level security;
alter table events.attempts enable row level security;

create policy own on events.outbox using (role = current_user) with check (role = current_user);
create policy own on events.inbox using (role = current_user) with check (role = current_user);
create policy own on events.attempts using (role = current_user) with check (role = current_user);

-- One policy FOR ALL would let the sweeper insert as others.
create policy sweep_reads on events.outbox for select to :role(worker) using (true);
create policy sweep_marks on events.outbox for update to :role(worker) using (true) with check (true);

-- An event that is written stays as it is: only its marks change.
grant select, insert, update (held_until, published_at) on events.outbox to :role(functions);
grant select, insert on events.inbox to :role(functions);
grant select, insert on events.attempts to :role(functions);
