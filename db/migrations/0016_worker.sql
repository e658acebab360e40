create table worker.heartbeats (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  cause text not null check (cause in ('start', 'ping'))
);
create index heartbeats_at on worker.heartbeats (at);
