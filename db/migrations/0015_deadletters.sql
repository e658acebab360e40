create table deadletters.items (
  id uuid primary key,
  -- json, not jsonb: an event must be storable even with an escaped null character in its data.
  event json not null,
  -- sha256 of source and id, which may be longer than an index takes.
  origin bytea not null,
  type text not null,
  destination text,
  -- The event's kagariredrive when it failed, 0 at first.
  round int not null,
  code int,
  reason text,
  attempts int,
  state text not null default 'open' check (state in ('open', 'redriven', 'discarded')),
  redriven_as int,
  note text,
  decided_by text,
  decided_at timestamptz,
  received_at timestamptz not null default now()
);
create unique index items_one_a_failure on deadletters.items (origin, md5(coalesce(destination, '')), round);
-- The lists, newest first: ids are UUIDv7.
create index items_by_state on deadletters.items (state, id desc);
create index items_by_type on deadletters.items using hash (type);
