-- amount, currency and token are null where a cancellation came before the charge.
create table bank.charges (
  payment_id uuid primary key,
  amount bigint check (amount > 0),
  currency text,
  token text,
  status text not null check (status in ('pending', 'captured', 'failed', 'cancelled')),
  reason text,
  captures int not null default 0,
  -- When a pending charge captures; null where nothing but a cancellation ends it.
  captures_at timestamptz,
  created_at timestamptz not null default now(),
  settled_at timestamptz,
  check ((captures > 0) = (status = 'captured'))
);
create index charges_due on bank.charges (captures_at) where status = 'pending';

-- One row a message to send: two rows with one webhook_id are one webhook sent twice.
create table bank.webhooks (
  id bigint generated always as identity primary key,
  webhook_id text not null,
  payment_id uuid not null references bank.charges,
  type text not null check (type in ('charge.captured', 'charge.failed')),
  state text not null default 'pending' check (state in ('pending', 'delivered', 'abandoned')),
  attempts int not null default 0,
  -- The next try; while one is on its way, the end of its lease.
  due_at timestamptz not null default now(),
  created_at timestamptz not null default now()
);
create index webhooks_due on bank.webhooks (due_at) where state = 'pending';
create index webhooks_of_charge on bank.webhooks (payment_id);
