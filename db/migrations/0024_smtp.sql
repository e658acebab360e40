-- kept: mail stays here, for there is no SMTP server. pending: on its way to one. refused: it will not have this mail.
-- abandoned: it could not be reached, or would not have it yet, until nobody waits for this mail any more.
alter table notifications.mails
  add column state text not null default 'kept'
    check (state in ('kept', 'pending', 'sent', 'refused', 'abandoned')),
  add column attempts int not null default 0,
  -- The next try; while one is under way, the end of its lease.
  add column due_at timestamptz,
  -- What the server said last, or why it could not be asked.
  add column reply text,
  add column created_at timestamptz not null default now(),
  add check (state <> 'pending' or due_at is not null);
create index mails_due on notifications.mails (due_at) where state = 'pending';
