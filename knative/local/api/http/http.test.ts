import { describe, expect, test } from 'vitest';
import { StatusError } from '../../store/status-error.ts';
import { guardAgainstRebinding } from './guard.ts';
import { negotiate } from './negotiate.ts';
import { parseTarget } from './request-info.ts';
import { warningHeaders } from './warnings.ts';

describe('a path', () => {
  test.each<[string, object]>([
    ['/api/v1/pods', { group: '', version: 'v1', path: { resource: 'pods' } }],
    ['/api/v1/namespaces', { path: { resource: 'namespaces' } }],
    ['/api/v1/namespaces/a', { path: { resource: 'namespaces', name: 'a' } }],
    ['/api/v1/namespaces/a/status', { path: { resource: 'namespaces', name: 'a', subresource: 'status' } }],
    ['/api/v1/namespaces/a/pods', { path: { namespace: 'a', resource: 'pods' } }],
    ['/api/v1/namespaces/a/pods/', { path: { namespace: 'a', resource: 'pods' } }],
    [
      '/api/v1/namespaces/a/pods/b/log',
      { path: { namespace: 'a', resource: 'pods', name: 'b', subresource: 'log' } },
    ],
    [
      '/apis/serving.knative.dev/v1/namespaces/a/services/b',
      {
        group: 'serving.knative.dev',
        version: 'v1',
        path: { namespace: 'a', resource: 'services', name: 'b' },
      },
    ],
    ['/api/v1/nodes/n/proxy/x/y', { path: { resource: 'nodes', name: 'n', subresource: 'proxy/x/y' } }],
    ['/api/v1/namespaces/a%2Fb/pods', { path: { namespace: 'a/b', resource: 'pods' } }],
  ])('%s is a resource', (path, expected) => {
    const target = parseTarget(path);
    expect(target).toMatchObject({ type: 'resource', ...expected });
    expect(target).toHaveProperty('path', (expected as { path: object }).path);
  });

  test.each([
    '/',
    '/api',
    '/api/v1',
    '/api/v1/',
    '/apis',
    '/apis/g',
    '/apis/g/v1',
    '/version',
    '/openapi/v3/api/v1',
  ])('%s is none', (path) => expect(parseTarget(path)).toEqual({ type: 'other', path }));

  test('with a broken escape is a BadRequest', () => {
    expect(() => parseTarget('/api/v1/%zz')).toThrow(StatusError);
  });
});

describe('an Accept header', () => {
  test.each<[string | undefined, object]>([
    [undefined, { as: 'objects', media: 'json' }],
    ['*/*', { as: 'objects', media: 'json' }],
    ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json', { as: 'table', media: 'json' }],
    ['application/json;as=Table;g=meta.k8s.io;v=v1beta1', { as: 'table', media: 'json' }],
    ['application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1', { as: 'metadata', media: 'json' }],
    ['application/vnd.kubernetes.protobuf,application/json', { as: 'objects', media: 'json' }],
    [
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json',
      { as: 'objects', media: 'json' },
    ],
    ['application/yaml', { as: 'objects', media: 'yaml' }],
  ])('%s', (accept, format) => {
    expect(negotiate(accept)).toEqual(format);
  });

  test('for what the API does not speak is NotAcceptable', () => {
    expect(() => negotiate('application/vnd.kubernetes.protobuf')).toThrow(StatusError);
    expect(() => negotiate('text/html')).toThrow('only the following media types are accepted');
  });
});

describe('a page of another name that resolves to loopback', () => {
  test.each<[string | undefined, string | undefined]>([
    ['localhost:16443', undefined],
    ['127.0.0.1', undefined],
    ['[::1]:16443', 'https://[::1]:16443'],
    ['localhost:1', 'http://localhost:8080'],
  ])('Host %s, Origin %s passes', (host, origin) => {
    expect(() => guardAgainstRebinding(host, origin)).not.toThrow();
  });

  test.each<[string | undefined, string | undefined]>([
    [undefined, undefined],
    ['evil.example', undefined],
    ['evil.example:16443', undefined],
    ['localhost.evil.example', undefined],
    ['localhost@evil.example', undefined],
    ['localhost:1', 'https://evil.example'],
    ['localhost:1', 'null'],
    ['localhost:1', 'https://localhost.evil.example'],
    ['0.0.0.0:1', undefined],
  ])('Host %s, Origin %s is Forbidden', (host, origin) => {
    expect(() => guardAgainstRebinding(host, origin)).toThrow(StatusError);
  });
});

describe('warnings', () => {
  test('are quoted, on one line, printable, each once', () => {
    expect(
      warningHeaders(['unknown field "a"', 'back\\slash\r\nnew: line', 'ü', 'unknown field "a"']),
    ).toEqual([
      String.raw`299 - "unknown field \"a\""`,
      String.raw`299 - "back\\slash new: line"`,
      '299 - "?"',
    ]);
  });

  test('are cut, then left out, where they grow too long for headers', () => {
    const many = warningHeaders(Array.from({ length: 100 }, (_, i) => `${i} ${'x'.repeat(1_000)}`));
    expect(many.length).toBe(16);
    expect(many.join('').length).toBeLessThan(5_000);
  });
});
