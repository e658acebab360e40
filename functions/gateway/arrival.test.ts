import type { IncomingMessage } from 'node:http';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { addressBlock, clientOf } from '../kit/client-address.ts';
import { createArrivals, networksVariable } from './arrival.ts';

const arrivals = createArrivals(networksVariable.parse(undefined));
const seen = (remoteAddress: string, forwardedFor?: string, proto?: string) =>
  arrivals({
    socket: { remoteAddress },
    headers: {
      ...(forwardedFor !== undefined && { 'x-forwarded-for': forwardedFor }),
      ...(proto && { 'x-forwarded-proto': proto }),
    },
  } as unknown as IncomingMessage);

it.each([
  ['the client itself', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['whom the local ingress saw', '127.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['a client on this machine', '::1', '127.0.0.1', '127.0.0.1'],
  [
    'whom Kourier saw, behind activator and queue-proxy',
    '127.0.0.1',
    '203.0.113.9, 10.244.0.7, 10.244.0.9',
    '203.0.113.9',
  ],
  ['nobody whom the client names', '127.0.0.1', '1.1.1.1, 203.0.113.9, 10.244.0.7', '203.0.113.9'],
  ['IPv4 on a socket for both', '::ffff:203.0.113.9', undefined, '203.0.113.9'],
  ['a hop that came without a word', '10.0.0.7', undefined, '10.0.0.7'],
  ['what stands before something that is no address', '10.0.0.7', '203.0.113.9, unknown', '10.0.0.7'],
  ['IPv6', '10.0.0.7', '2001:db8::1', '2001:db8::1'],
])('%s', (_, remote, forwardedFor, client) => {
  expect(seen(remote, forwardedFor).client).toBe(client);
});

it('whatever a client writes before it, the address that our proxy saw stands', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), fc.ipV4(), (written, client) => {
      const public_ =
        seen(client).client === client && !seen('127.0.0.1', `9.9.9.9, ${client}`).client.startsWith('9.9');
      // A client inside the networks of our own hops could be one of them.
      if (public_) expect(seen('127.0.0.1', `${written}, ${client}`).client).toBe(client);
    }),
  );
});

it('TLS is what a trusted hop says', () => {
  expect(seen('127.0.0.1', '203.0.113.9', 'https').proto).toBe('https');
  expect(seen('203.0.113.9', undefined, 'https').proto).toBe('http');
  expect(seen('127.0.0.1', '203.0.113.9', 'javascript').proto).toBe('http');
});

it.each([
  ['203.0.113.9', '203.0.113.9'],
  ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::/64'],
  ['2001:DB8:0:1::5', '2001:db8:0:1::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
])('%s is counted as %s', (address, block) => {
  expect(addressBlock(address)).toBe(block);
  expect(clientOf(`${address}, 10.0.0.1`)).toBe(block);
});

it('who calls from inside, without the gateway, is one caller', () => {
  expect(clientOf(undefined)).toBe('inside');
});
