import { expect, it } from 'vitest';
import { exposedFunctions } from '../../functions/gateway/exposed.ts';
import { findFunctions } from './world.ts';

const found = (await findFunctions()).filter(({ fn }) => exposedFunctions.includes(fn));

/** Operations by who may call them: `POST /auth/signup`. */
const by = (access: string) =>
  found
    .flatMap(({ fn, operations }) =>
      Object.values(operations)
        .filter((operation) => operation.access === access)
        .map(({ method, path }) => `${method.toUpperCase()} /${fn}${path}`),
    )
    .sort();

// The contract's lists, word for word: a route that is added says here whom it is for.
it('everybody may call what the contract names, and nothing else', () => {
  expect(by('public')).toEqual([
    'GET /analytics/metrics',
    'GET /api/time',
    'GET /auth/.well-known/jwks.json',
    'GET /orders/catalog',
    'POST /auth/login',
    'POST /auth/refresh',
    'POST /auth/signup',
    'POST /payments/webhook',
  ]);
});

it('operators alone may call what the contract names, and nothing else', () => {
  expect(by('operator')).toEqual([
    'GET /analytics/summary',
    'GET /api/messages',
    'GET /consumer/consumed',
    'GET /deadletters/',
    'POST /deadletters/:id/discard',
    'POST /deadletters/:id/redrive',
    'POST /producer/produce',
  ]);
});

it('customers may call the rest', () => {
  expect(by('customer')).toEqual([
    'GET /analytics/timeline/:subject',
    'GET /notifications/',
    'GET /orders/',
    'GET /orders/:id',
    'GET /payments/status',
    'POST /analytics/events',
    'POST /auth/logout',
    'POST /auth/validate',
    'POST /orders/',
    'POST /orders/:id/cancel',
    'POST /payments/initiate',
  ]);
});
