-- Cancelled orders, as payments heard of them: perhaps before their payment, so they refer to none.
create table payments.cancellations (
  order_id uuid primary key,
  user_id uuid not null,
  at timestamptz not null default now(),
  -- When the payment had failed or was refunded: nothing is left to do.
  ended_at timestamptz
);
create index cancellations_open on payments.cancellations (at) where ended_at is null;

alter table bank.charges add column refunds int not null default 0;
alter table bank.charges drop constraint charges_status_check;
alter table bank.charges add constraint charges_status_check
  check (status in ('pending', 'captured', 'failed', 'cancelled', 'refunded'));
alter table bank.charges drop constraint charges_check;
alter table bank.charges add constraint charges_captures_check
  check ((captures > 0) = (status in ('captured', 'refunded')));
alter table bank.charges add constraint charges_refunds_check
  check (refunds = case when status = 'refunded' then captures else 0 end);
