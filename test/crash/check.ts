import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import postgres, { type Sql } from 'postgres';
import type { Kube, KubeObject } from '../acceptance/support/kube.ts';
import { chargesOfNoPayment, courseOf, effectsOf, wholeEffects } from '../flow/support/effects.ts';
import type { Ledger } from './ledger.ts';
import { isDoomed, type Operator } from './operators.ts';

export interface Surroundings {
  /** The database's URL as it is now: a server that was killed may be back at another port. */
  database: () => Promise<string>;
  kube: () => Promise<Kube>;
  operator: Operator;
}

export interface Finding {
  what: string;
  is: unknown;
  shouldBe: unknown;
}

/**
 * Longest time without any progress. All of it may take longer: what fails on purpose is tried for six seconds before it is
 * a dead letter, each kill begins that anew, and so thousands of events wait for it when the last kill is done.
 */
const stillMs = 120_000;

/** What is not as it must be, once all is quiet: looked at until nothing is left, or nothing gets better any more. */
export const findingsOf = async (ledger: Ledger, around: Surroundings): Promise<Finding[]> => {
  let deadline = Date.now() + stillMs;
  let fewest = Number.POSITIVE_INFINITY;
  const settled = new Set<string>();
  for (;;) {
    const found = await look(ledger, around, settled).catch((error) => [
      { what: 'the platform cannot be looked at', is: String(error), shouldBe: 'an answer' },
    ]);
    if (found.length < fewest) deadline = Date.now() + stillMs;
    fewest = Math.min(fewest, found.length);
    if (found.length === 0 || Date.now() > deadline) return found;
    await sleep(1_000);
  }
};

const look = async (ledger: Ledger, around: Surroundings, settled: Set<string>): Promise<Finding[]> => {
  const sql = postgres(await around.database(), { max: 1, onnotice: () => {} });
  try {
    return [
      ...(await drained(sql)),
      ...(await ordersOnce(ledger, sql, settled)),
      ...(await usersOnce(ledger, sql)),
      ...(await messagesKept(ledger, sql)),
      ...(await deadLettersKept(ledger, sql, around.operator)),
      ...(await servicesKept(ledger, await around.kube())),
      ...(await sumsRight(sql, around.operator)),
    ];
  } finally {
    await sql.end({ timeout: 1 });
  }
};

/** How many dead letters were made on purpose, and how many were not. */
export const deadLettersIn = async (database: string): Promise<{ doomed: number; others: number }> => {
  const sql = postgres(database, { max: 1, onnotice: () => {} });
  try {
    const items = await sql<{ destination: string | null }[]>`select destination from deadletters.items`;
    const doomed = items.filter(isDoomed).length;
    return { doomed, others: items.length - doomed };
  } finally {
    await sql.end({ timeout: 1 });
  }
};

const equal = (what: string, is: unknown, shouldBe: unknown): Finding[] =>
  isDeepStrictEqual(is, shouldBe) ? [] : [{ what, is, shouldBe }];

/** Nothing is on its way any more. */
const drained = async (sql: Sql): Promise<Finding[]> => {
  const [open] = await sql`
    select
      (select count(*)::int from events.outbox where published_at is null) as outbox,
      (select count(*)::int from bank.webhooks where state = 'pending') as webhooks,
      (select count(*)::int from payments.payments where status = 'initiated') as payments,
      (select count(*)::int from payments.cancellations where ended_at is null) as cancellations,
      (select coalesce(sum(p.next_offset - c."offset"), 0)::int from log.claims c
        join log.partitions p using (topic, partition)) as deliveries`;
  return equal('what is still on its way', open, {
    outbox: 0,
    webhooks: 0,
    payments: 0,
    cancellations: 0,
    deliveries: 0,
  });
};

/** Each order that was acknowledged is there with all that it must have caused, once; and no other is. */
const ordersOnce = async (ledger: Ledger, sql: Sql, settled: Set<string>): Promise<Finding[]> => {
  const found: Finding[] = [];
  for (const { id, token, cancelled } of ledger.orders) {
    if (settled.has(id)) continue;
    const effects = await effectsOf(sql, id);
    const course = courseOf(effects, cancelled);
    const whole = equal(`order ${id}, ${token}`, effects, wholeEffects(course));
    const chargeable = token !== 'tok_declined' && token !== 'tok_silent';
    const charged =
      course.captured && !chargeable ? equal(`order ${id}, ${token}, is charged`, true, false) : [];
    if (whole.length + charged.length === 0) settled.add(id);
    found.push(...whole, ...charged);
  }
  const [row] = await sql`select count(*)::int as orders from orders.orders`;
  return [
    ...found,
    ...equal('orders in all', row?.orders, ledger.orders.length),
    ...equal('charges of no payment', await chargesOfNoPayment(sql), 0),
  ];
};

const usersOnce = async ({ users }: Ledger, sql: Sql): Promise<Finding[]> => {
  const welcomed = await sql<{ user_id: string; mails: number }[]>`
    select user_id, count(*)::int as mails from notifications.mails where type = 'welcome' group by user_id`;
  const mails = new Map(welcomed.map((row) => [row.user_id, row.mails]));
  const accounts = await sql`select id from auth.users`;
  const known = new Set(accounts.map(({ id }) => id));
  return users.flatMap((id) => [
    ...equal(`user ${id} has an account`, known.has(id), true),
    ...equal(`welcome mails of ${id}`, mails.get(id) ?? 0, 1),
  ]);
};

const messagesKept = async ({ messages }: Ledger, sql: Sql): Promise<Finding[]> => {
  const rows = await sql`
    select partition, "offset"::text as at, convert_from(value, 'UTF8') as value from log.records
    join log.topics on topics.id = records.topic where topics.name = 'crash'`;
  const kept = new Map(rows.map(({ partition, at, value }) => [`${partition} ${at}`, value]));
  return messages.flatMap(({ partition, offset, value }) =>
    equal(`message ${value}`, kept.get(`${partition} ${offset}`), String(value)),
  );
};

/** Every event that failed on purpose is at the desk; every redrive has failed once more; nothing else is there. */
const deadLettersKept = async ({ redriven }: Ledger, sql: Sql, operator: Operator): Promise<Finding[]> => {
  const items = await sql<Item[]>`
    select id, event->>'id' as event, type, destination, round, state from deadletters.items`;
  const failing = items.filter(isDoomed);
  const byId = new Map(items.map((item) => [item.id, item]));
  const has = (event: string, round: number) =>
    failing.some((item) => item.event === event && item.round === round);
  const failed = await sql<{ id: string }[]>`
    select event->>'id' as id from events.outbox
    where type = 'dev.kagari.order.failed.v1' and event->>'kagariredrive' is null`;
  // What could not be delivered in the turmoil waits for its operator, too.
  const stray = items.filter((item) => item.state === 'open' && !isDoomed(item));
  for (const { id } of stray) await operator('POST', `/deadletters/${id}/redrive`);
  return [
    ...equal('dead letters that are still to be redriven', stray, []),
    ...failed.flatMap(({ id }) => equal(`the dead letter of event ${id}`, has(id, 0), true)),
    ...redriven.flatMap((id) => {
      const item = byId.get(id);
      return [
        ...equal(`dead letter ${id}`, item?.state, 'redriven'),
        ...equal(`the next round of ${id}`, item && has(item.event, item.round + 1), true),
      ];
    }),
  ];
};

interface Item {
  id: string;
  event: string;
  type: string;
  destination: string | null;
  round: number;
  state: string;
}

/** Every Service is as it was changed last, ready, and served so. */
const servicesKept = async ({ services }: Ledger, kube: Kube): Promise<Finding[]> => {
  const found: Finding[] = [];
  for (const [name, { generation, traffic }] of services) {
    const service: KubeObject = await kube.get('ksvc', name);
    const { status, spec, metadata } = service;
    const ready = status.conditions.find(({ type }: KubeObject) => type === 'Ready')?.status;
    found.push(
      ...equal(`generation of ${name}`, metadata.generation >= generation, true),
      ...equal(`${name} is seen whole`, status.observedGeneration, metadata.generation),
      ...equal(`${name} is ready`, ready, 'True'),
      ...equal(
        `latest revision of ${name}`,
        status.latestReadyRevisionName,
        status.latestCreatedRevisionName,
      ),
      ...equal(`traffic of ${name}`, spec.traffic, traffic),
      ...equal(`shares of ${name}`, sharesOf(status.traffic), sharesOf(spec.traffic)),
    );
  }
  return found;
};

const sharesOf = (traffic: KubeObject[]) =>
  traffic.map(({ percent, latestRevision }) => `${percent}${latestRevision ? ' latest' : ''}`).sort();

/** What analytics has counted is what there is. */
const sumsRight = async (sql: Sql, operator: Operator): Promise<Finding[]> => {
  const { status, body } = await operator('GET', '/analytics/summary');
  if (status !== 200) return equal('the answer of /analytics/summary', status, 200);
  const [row] = await sql`
    select
      (select count(*)::int from orders.orders where status = 'paid') as paid,
      (select count(*)::int from orders.orders where status = 'failed') as failed,
      (select count(*)::int from orders.orders where status = 'cancelled') as cancelled,
      (select coalesce(sum(amount), 0)::int from bank.charges where captures > 0) as captured,
      (select coalesce(sum(amount), 0)::int from bank.charges where refunds > 0) as refunded,
      (select count(distinct event->>'id')::int from events.outbox where type = 'dev.kagari.user.signed-up.v1') as users`;
  const { paid, failed, cancelled } = body.orders;
  const { captured = 0, refunded = 0 } = body.revenue[0] ?? {};
  return equal(
    'the sums of analytics',
    { paid, failed, cancelled, captured, refunded, users: body.users },
    { ...row },
  );
};
