import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveDestination } from './destination.ts';
import { aBroker, aCoreService, aService, brokerRef, readerOf, serviceRef } from './objects.fixture.ts';

const orders = aService('orders', { status: { address: { url: 'http://orders.shop.svc.cluster.local' } } });
const broker = aBroker('default', {
  status: {
    address: { url: 'http://kafka-broker-ingress.knative-eventing.svc.cluster.local/shop/default' },
    addresses: [
      { name: 'http', url: 'http://kafka-broker-ingress.knative-eventing.svc.cluster.local/shop/default' },
      { name: 'https', url: 'https://kafka-broker-ingress.knative-eventing.svc.cluster.local/shop/default' },
    ],
  },
});
const away = aService('away', { status: orders.status }, { namespace: 'elsewhere' });
const read = readerOf(orders, broker, aService('new'), aCoreService('legacy'), away);
const resolve = (destination: Parameters<typeof resolveDestination>[1]) =>
  resolveDestination(read, destination, 'shop');

describe('resolveDestination', () => {
  it('answers the address of what is referred to', () => {
    expect(resolve({ ref: serviceRef('orders') })).toEqual({ url: 'http://orders.shop.svc.cluster.local' });
    expect(resolve({ ref: { ...brokerRef('default'), address: 'https' } }).url).toMatch(/^https:/);
  });

  it('answers a core Service by its name, and a serving Service referred to as one', () => {
    const core = (name: string) => resolve({ ref: { apiVersion: 'v1', kind: 'Service', name } });
    expect(core('legacy')).toEqual({ url: 'http://legacy.shop.svc.cluster.local' });
    expect(core('orders')).toEqual({ url: 'http://orders.shop.svc.cluster.local' });
    expect(core('nobody').reason).toContain('shop/nobody');
  });

  it('looks in its own namespace, or in the one that the reference names', () => {
    expect(resolve({ ref: serviceRef('away') }).reason).toContain('shop/away not found');
    expect(resolve({ ref: { ...serviceRef('away'), namespace: 'elsewhere' } }).url).toBeDefined();
  });

  it.each([
    ['/_events', 'http://orders.shop.svc.cluster.local/_events'],
    ['_events', 'http://orders.shop.svc.cluster.local/_events'],
    ['/a/../b?x=1', 'http://orders.shop.svc.cluster.local/b?x=1'],
    ['', 'http://orders.shop.svc.cluster.local'],
  ])('joins %j to the address', (uri, url) => {
    expect(resolve({ ref: serviceRef('orders'), uri })).toEqual({ url });
  });

  it.each([
    [{ ref: serviceRef('orders'), uri: 'http://evil.example/x' }, 'absolute URI is not allowed'],
    [{ ref: serviceRef('new') }, 'address not set for Service shop/new'],
    [{ ref: { kind: 'Cupboard', name: 'x', apiVersion: 'v9' } }, 'no kind "Cupboard"'],
    [{ ref: { ...brokerRef('default'), address: 'smtp' } }, 'address with name "smtp" not found'],
    [{ uri: '/only/a/path' }, 'URI is not absolute'],
    [{ uri: 'http:host/path' }, 'URI is not absolute'],
    [{ uri: 'http:///path' }, 'URI is not absolute'],
    [{ uri: 'mailto:a@b.example' }, 'URI is not absolute'],
    [{}, 'missing Ref and URI'],
    [undefined, 'missing Ref and URI'],
  ])('answers why %j means nothing', (destination, reason) => {
    expect(resolve(destination)).toMatchObject({ reason: expect.stringContaining(reason) });
  });

  it('tells a referent without an address yet from one that is not there', () => {
    expect(resolve({ ref: serviceRef('new') })).toHaveProperty('pending', true);
    expect(resolve({ ref: serviceRef('nobody') })).not.toHaveProperty('pending');
  });

  it('keeps an absolute URI as it was given', () => {
    for (const uri of ['http://example.org', 'https://example.org:8443/a/b?c=d', 'http://example.org/']) {
      expect(resolve({ uri })).toEqual({ url: uri });
    }
  });

  it('joins any path and query as RFC 3986 says, and never leaves the host of the reference', () => {
    const segment = fc.oneof(
      fc.constantFrom('.', '..', '', 'a', '_events', 'b.c', '...'),
      fc.stringMatching(/^[a-z0-9_~-]{1,5}$/),
    );
    const path = fc.tuple(fc.boolean(), fc.array(segment, { minLength: 1, maxLength: 6 }));
    const query = fc.option(fc.stringMatching(/^[a-z0-9=&/]{0,8}$/), { nil: undefined });
    fc.assert(
      fc.property(path, query, ([rooted, segments], search) => {
        const joined = segments.join('/');
        // a path that begins with // would name another host
        fc.pre(!joined.startsWith('/') && joined !== '');
        const uri = `${rooted ? '/' : ''}${joined}${search === undefined ? '' : `?${search}`}`;
        const base = 'http://kafka-broker-ingress.knative-eventing.svc.cluster.local';
        const path = rooted ? `/${joined}` : `/shop/${joined}`;
        const expected = `${base}${removeDotSegments(path)}${search ? `?${search}` : ''}`;
        const { url } = resolve({ ref: brokerRef('default'), uri });
        expect(url?.replace(/\?$/, '')).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('answers either a URL or a reason, whatever it is given', () => {
    const anything = fc.record(
      {
        uri: fc.oneof(fc.string(), fc.webUrl(), fc.webPath()),
        ref: fc.record({
          apiVersion: fc.string(),
          kind: fc.constantFrom('Service', 'Broker', 'x'),
          name: fc.constantFrom('orders', 'default', '', 'no'),
        }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(anything, (destination) => {
        const { url, reason } = resolve(destination);
        expect([url, reason].filter((answer) => answer !== undefined)).toHaveLength(1);
        if (url !== undefined) expect(new URL(url).host).not.toBe('');
      }),
    );
  });
});

/** RFC 3986, section 5.2.4, word for word. */
const removeDotSegments = (path: string): string => {
  let input = path;
  let output = '';
  while (input) {
    if (input.startsWith('../')) input = input.slice(3);
    else if (input.startsWith('./')) input = input.slice(2);
    else if (input.startsWith('/./')) input = input.slice(2);
    else if (input === '/.') input = '/';
    else if (input.startsWith('/../') || input === '/..') {
      input = input === '/..' ? '/' : input.slice(3);
      output = output.replace(/\/?[^/]*$/, '');
    } else if (input === '.' || input === '..') input = '';
    else {
      const [segment = ''] = /^\/?[^/]*/.exec(input) ?? [];
      output += segment;
      input = input.slice(segment.length);
    }
  }
  return output;
};
