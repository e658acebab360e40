create table payments.payments (
  id uuid primary key,
  order_id uuid not null unique,
  user_id uuid not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  token text not null,
  status text not null default 'initiated' check (status in ('initiated', 'succeeded', 'failed', 'refunded')),
  failure_reason text,
  -- When the bank was first known to have the charge; payment.initiated is told with it.
  accepted_at timestamptz,
  deadline_at timestamptz not null,
  created_at timestamptz not null default now()
);
create index payments_open on payments.payments (deadline_at) where status = 'initiated';

create table payments.history (
  payment_id uuid not null references payments.payments,
  status text not null,
  at timestamptz not null default now(),
  primary key (payment_id, status)
);

create table payments.webhooks (
  id text primary key,
  received_at timestamptz not null default now()
);
