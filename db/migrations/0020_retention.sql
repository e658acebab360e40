-- What grows with every event goes when it is old. The worker may call these functions and delete nothing else of
-- others: each runs as the owner, drops only what its rule allows, and keeps a least age whatever it is asked.
-- docs/invariants/retention.md says why each rule is safe. All answer how many they found to drop, `most` at most.
-- The planner cannot know that a batch is small, and would read whole tables for it: it is left the indexes only.
create index attempts_age on events.attempts (at);
create index inbox_age on events.inbox (received_at);
create index webhooks_age on payments.webhooks (received_at);
create index webhooks_ended on bank.webhooks (created_at) where state <> 'pending';
create index items_decided on deadletters.items (decided_at) where decided_at is not null;

-- The lowest UUIDv7 of a time.
create function worker.first_id(at timestamptz) returns uuid
language sql stable set search_path = pg_catalog, pg_temp
return (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;

-- All events of one partition key at once, when the last of them is old: an order's timeline is there whole, or not.
create function worker.drop_published_events(keep interval, most int) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
set enable_hashjoin = off set enable_mergejoin = off
begin atomic
  with bound as materialized (select now() - greatest(keep, interval '1 day') as cutoff),
  old as materialized (
    select row.id, row.partition_key from events.outbox row, bound
    where row.id < worker.first_id(bound.cutoff) and row.published_at < bound.cutoff
      and not exists (
        select 1 from events.outbox other
        where other.partition_key = row.partition_key
          and (other.published_at is null or other.published_at >= bound.cutoff))
    order by row.id limit most
  ), gone as (
    delete from events.outbox row using (
      select id from old
      union select other.id from events.outbox other join old on other.partition_key = old.partition_key
    ) dropped
    where row.id = dropped.id
  )
  select count(*) from old;
end;

-- Attempts of an event go with their timeline: not before the outbox has lost their subject.
create function worker.drop_attempts(keep interval, most int) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
set enable_hashjoin = off set enable_mergejoin = off
begin atomic
  with old as materialized (
    select row.seq from events.attempts row
    where row.at < now() - greatest(keep, interval '1 day')
      and not exists (select 1 from events.outbox event where event.subject = row.subject)
    order by row.at limit most
  ), gone as (
    delete from events.attempts row using old where row.seq = old.seq
  )
  select count(*) from old;
end;

-- Receipts must outlive every delivery of their event that can still come. Age is counted from an hour of life ago, the
-- twelfth last ping: a platform that slept redelivers first what it had not finished. A dead letter that is open may
-- be redriven at any time, and one that was redriven is on its way.
create function worker.drop_receipts(keep interval, most int) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
set enable_hashjoin = off set enable_mergejoin = off
begin atomic
  with bound as materialized (
    select least(now(), beat.at) - greatest(keep, interval '8 days') as cutoff
    from worker.heartbeats beat where beat.cause = 'ping' order by beat.at desc offset 11 limit 1
  ), old as materialized (
    select row.ctid as place from events.inbox row, bound
    where row.received_at < bound.cutoff
      and not exists (select 1 from events.outbox event where event.subject = row.subject)
      and not exists (
        select 1 from deadletters.items item
        where item.origin = row.origin
          and (item.state = 'open' or item.state = 'redriven' and item.decided_at >= bound.cutoff))
    order by row.received_at limit most
  ), gone as (
    delete from events.inbox row where row.ctid = any (array(select place from old))
  )
  select count(*) from old;
end;

create function worker.drop_webhook_receipts(keep interval, most int) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp
begin atomic
  with old as materialized (
    select row.id from payments.webhooks row
    where row.received_at < now() - greatest(keep, interval '8 days')
      and not exists (
        select 1 from bank.webhooks message where message.webhook_id = row.id and message.state = 'pending')
    order by row.received_at limit most
  ), gone as (
    delete from payments.webhooks row using old where row.id = old.id
  )
  select count(*) from old;
end;

create function worker.drop_sent_webhooks(keep interval, most int) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp
begin atomic
  with old as materialized (
    select row.id from bank.webhooks row
    where row.state <> 'pending' and row.created_at < now() - greatest(keep, interval '8 days')
    order by row.created_at limit most
  ), gone as (
    delete from bank.webhooks row using old where row.id = old.id
  )
  select count(*) from old;
end;

-- All of an event at once: the desk numbers its rounds by the items that it has.
create function worker.drop_dead_letters(keep interval, most int) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp
begin atomic
  with bound as materialized (select now() - greatest(keep, interval '8 days') as cutoff),
  old as materialized (
    select row.id, row.origin from deadletters.items row, bound
    where row.decided_at < bound.cutoff
      and not exists (
        select 1 from deadletters.items other
        where other.origin = row.origin and (other.decided_at is null or other.decided_at >= bound.cutoff))
    order by row.decided_at limit most
  ), gone as (
    delete from deadletters.items row using (select distinct origin from old) dropped
    where row.origin = dropped.origin
  )
  select count(*) from old;
end;

-- A used token stays until it expires: its second use is what tells of a theft. A session goes with its last token.
create function worker.drop_refresh_tokens(most int) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp
begin atomic
  with old as materialized (
    select row.hash, row.session_id from auth.refresh_tokens row
    where row.expires_at < now()
    order by row.expires_at limit most
  ), ended as (
    delete from auth.sessions session using (select distinct session_id from old) dropped
    where session.id = dropped.session_id and not exists (
      select 1 from auth.refresh_tokens token where token.session_id = session.id and token.expires_at >= now())
  ), gone as (
    delete from auth.refresh_tokens row using old where row.hash = old.hash
  )
  select count(*) from old;
end;

create function worker.drop_records(keep interval, most int) returns bigint
language sql security definer set search_path = pg_catalog, pg_temp
begin atomic
  with old as materialized (
    select row.id from analytics.records row
    where row.id < worker.first_id(now() - greatest(keep, interval '1 day'))
    order by row.id limit most
  ), gone as (
    delete from analytics.records row using old where row.id = old.id
  )
  select count(*) from old;
end;

-- Functions are everybody's until they are revoked.
revoke execute on all functions in schema worker from public;
grant execute on all functions in schema worker to :role(worker);
