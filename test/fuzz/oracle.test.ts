import { expect, it } from 'vitest';
import { createOracle } from './oracle.ts';
import type { Sent } from './request.ts';
import { functionDocuments, targetsOf } from './targets.ts';
import type { Answer } from './wire.ts';

const documents = await functionDocuments();
const targets = targetsOf('function', documents);
const oracle = createOracle(documents, targets);
const targetOf = (operation: string) => targets.find((target) => target.operation === operation)!;
const target = targetOf('orders.getOrder');
const id = '01890a5d-ac96-774b-bcce-b302099a8057';

const sent = (more: Partial<Sent> = {}): Sent => ({
  how: 'valid',
  who: 'owner',
  method: 'GET',
  path: `/${id}`,
  headers: [['authorization', 'Bearer x']],
  chunked: false,
  met: [],
  ...more,
});
const answer = (status: number, body: unknown, more: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': status < 400 ? 'application/json' : 'application/problem+json', ...more },
  body: Buffer.from(JSON.stringify(body)),
});
const problem = (status: number, detail = 'No.') => ({
  type: 'urn:kagari:problem:x',
  title: 'X',
  status,
  detail,
  code: 'x',
});
const order = {
  id,
  status: 'paid',
  total: { amount: 1, currency: 'EUR' },
  failureReason: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  items: [],
  history: [],
};

it('finds nothing wrong with what is documented', () => {
  expect(oracle.fault(target, sent(), answer(200, order))).toBeUndefined();
  expect(oracle.fault(target, sent(), answer(404, problem(404)))).toBeUndefined();
  const refused = answer(401, problem(401), { 'www-authenticate': 'Bearer' });
  expect(oracle.fault(target, sent({ who: 'nobody', headers: [] }), refused)).toBeUndefined();
});

it.each([
  ['a failure', sent(), answer(500, problem(500)), 'answered 500'],
  [
    'an absence, for here all are there',
    sent(),
    answer(503, problem(503, 'The bank does not answer.'), { 'retry-after': '1' }),
    'answered 503',
  ],
  ['a status that is not documented', sent(), answer(202, order), 'not documented'],
  ['a body against its schema', sent(), answer(200, { ...order, status: 'lost' }), 'against the schema'],
  ['a field too many', sent(), answer(200, { ...order, secret: 1 }), 'against the schema'],
  ['another content type', sent(), answer(200, order, { 'content-type': 'text/plain' }), 'content type'],
  ['401 without a challenge', sent({ who: 'nobody' }), answer(401, problem(401)), 'WWW-Authenticate'],
  ['a stack', sent(), answer(404, problem(404, 'x\n    at f (a.ts:1:2)')), 'tells of its insides'],
  ['a cause', sent(), answer(422, problem(422, 'PostgresError: no')), 'tells of its insides'],
  ['an answer to nobody', sent({ who: 'nobody', headers: [] }), answer(200, order), 'served nobody'],
  ['an answer to a forger', sent({ who: 'forged' }), answer(200, order), 'served forged'],
  ['another’s order', sent({ who: 'stranger', met: ['orderId'] }), answer(200, order), 'somebody else'],
  ['a valid request called malformed', sent(), answer(400, problem(400)), 'a valid request'],
])('finds %s', (_, asked, got, fault) => {
  expect(oracle.fault(target, asked, got)).toContain(fault);
});

it('finds another’s timeline, which no id names', () => {
  const timeline = { subject: id, entries: [] };
  const asked = sent({ path: `/timeline/${id}`, who: 'stranger', met: ['subject'] });
  expect(oracle.fault(targetOf('analytics.timeline'), asked, answer(200, timeline))).toContain(
    'somebody else',
  );
});

it('takes any content type where any is documented', () => {
  const asked = sent({ path: '/assets/1/base.css', who: 'nobody', headers: [] });
  const asset = answer(200, {}, { 'content-type': 'text/css; charset=utf-8' });
  expect(oracle.fault(targetOf('web.asset'), asked, asset)).toBeUndefined();
});
