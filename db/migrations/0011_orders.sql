create table orders.products (
  sku text primary key,
  name text not null,
  amount bigint not null check (amount > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$')
);

insert into orders.products (sku, name, amount, currency) values
  ('tea-sencha', 'Sencha, 100 g', 1290, 'EUR'),
  ('tea-matcha', 'Matcha, 30 g', 2450, 'EUR'),
  ('pot-kyusu', 'Kyusu teapot', 6900, 'EUR'),
  ('cup-yunomi', 'Yunomi cup', 1850, 'EUR'),
  ('whisk-chasen', 'Chasen whisk', 2200, 'EUR');

create table orders.orders (
  id uuid primary key,
  user_id uuid not null,
  status text not null default 'pending' check (status in ('pending', 'paid', 'failed', 'cancelled')),
  items jsonb not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  payment_id uuid,
  failure_reason text,
  created_at timestamptz not null default now(),
  check (failure_reason is null or status = 'failed')
);
-- A customer's list, newest first: ids are UUIDv7.
create index orders_of_user on orders.orders (user_id, id desc);

create table orders.history (
  order_id uuid not null references orders.orders,
  status text not null,
  at timestamptz not null default now(),
  primary key (order_id, status)
);

create table orders.idempotency_keys (
  user_id uuid not null,
  key text not null,
  fingerprint bytea not null,
  order_id uuid not null,
  expires_at timestamptz not null default now() + interval '24 hours',
  primary key (user_id, key)
);
create index idempotency_keys_expiry on orders.idempotency_keys (expires_at);
