create table notifications.contacts (
  user_id uuid primary key,
  email text not null,
  created_at timestamptz not null default now()
);

create table notifications.mails (
  id uuid primary key,
  user_id uuid not null references notifications.contacts,
  type text not null check (type in ('welcome', 'order-paid', 'order-failed', 'order-cancelled')),
  -- What the mail tells of: the user of a welcome, else the order.
  about uuid not null,
  recipient text not null,
  subject text not null,
  body text not null,
  sent_at timestamptz not null default now(),
  unique (type, about)
);
-- A customer's list, newest first: ids are UUIDv7.
create index mails_of_user on notifications.mails (user_id, id desc);
