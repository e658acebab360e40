import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Image } from '../../images/image.ts';
import type { RevisionSpec } from '../ports.ts';
import { podCommand } from './command.ts';
import { mountFolder, podEnvironment } from './environment.ts';

const place = {
  port: 20_001,
  tmp: '/home/p/tmp',
  volumes: '/home/p/volumes',
  cache: '/home/c',
  proxy: 'http://127.0.0.1:9',
};
const spec = { service: 'orders', configuration: 'orders', name: 'orders-00001' } as RevisionSpec;
const image: Image = {
  digest: 'sha256:1',
  folder: '/images/1',
  config: { entrypoint: ['node', 'main.mjs'], env: { VERSION: '1', A: 'image' } },
};

it('names a local folder only in values that are a mount path or lie below one, the longest first', () => {
  const volumes = ['/etc/a', '/etc/a/b', '/etc/ab/'].map((mountPath) => ({ mountPath, files: {} }));
  const segment = fc.constantFrom('a', 'b', 'ab', 'x');
  const paths = fc.array(segment, { maxLength: 3 }).map((parts) => ['', 'etc', ...parts].join('/'));
  fc.assert(
    fc.property(paths, (value) => {
      const env = podEnvironment(spec, {}, { env: { V: value }, volumes }, place, undefined);
      const below = /^\/etc\/(a|ab)(\/|$)/.test(value);
      expect(env.V).toBe(below ? `/home/p/volumes${value}` : value);
    }),
  );
  const other = podEnvironment(
    spec,
    {},
    { env: { V: 'file:///etc/a/x', W: '/etc/a' }, volumes },
    place,
    undefined,
  );
  expect([other.V, other.W]).toEqual(['file:///etc/a/x', '/home/p/volumes/etc/a']);
});

it('lets the spec outdo the image and the platform outdo both', () => {
  const env = podEnvironment(
    spec,
    image.config.env,
    { env: { A: 'spec', PORT: '1', K_REVISION: 'x', HTTP_PROXY: 'x' }, volumes: [] },
    place,
    undefined,
  );
  expect(env).toMatchObject({
    VERSION: '1',
    A: 'spec',
    PORT: '20001',
    K_REVISION: 'orders-00001',
    HTTP_PROXY: place.proxy,
  });
  expect(env).not.toHaveProperty('PATH');
});

it('gives PATH and the proxy in small letters to programs that are not Node, and they may state a PATH of their own', () => {
  const context = { env: {}, volumes: [] };
  expect(podEnvironment(spec, {}, context, place, '/bin')).toMatchObject({
    PATH: '/bin',
    http_proxy: place.proxy,
  });
  expect(podEnvironment(spec, {}, context, place, '/bin')).not.toHaveProperty('NODE_COMPILE_CACHE');
  expect(podEnvironment(spec, { PATH: '/own' }, context, place, '/bin').PATH).toBe('/own');
});

it('keeps every volume below its pod, whatever its mount path says', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('..', '.', 'a', '/', '//'), { maxLength: 8 }), (parts) => {
      expect(`${mountFolder('/home/p/volumes', parts.join('/'))}/`.startsWith('/home/p/volumes/')).toBe(true);
    }),
  );
});

it('starts Node under its permission model, an own file of the image by its path, and a program by its name', () => {
  const command = (more: Partial<RevisionSpec>) => podCommand({ ...spec, ...more }, image, place);
  const node = command({ args: ['--fast'] });
  expect(node.file).toBe(process.execPath);
  expect(node.args.slice(-2)).toEqual(['main.mjs', '--fast']);
  expect(node.args.filter((arg) => arg.includes('write'))).toEqual([
    '--allow-fs-write=/home/c',
    '--allow-fs-write=/home/p/tmp',
  ]);
  expect(node.args.filter((arg) => arg.includes('read'))).toHaveLength(4);
  expect(node.args[0]).toBe('--permission');
  expect(command({ command: ['bin/server', '-v'] })).toEqual({
    file: '/images/1/bin/server',
    args: ['-v'],
    isNode: false,
  });
  expect(command({ command: ['/usr/bin/env'] }).file).toBe('/usr/bin/env');
  expect(command({ command: ['python3'], args: ['a.py'] })).toEqual({
    file: 'python3',
    args: ['a.py'],
    isNode: false,
  });
});
