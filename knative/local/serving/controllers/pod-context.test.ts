import { describe, expect, it } from 'vitest';
import { createMemory } from '../../store/memory.ts';
import type { KubeObject } from '../../store/types.ts';
import { expand } from './expand.ts';
import { resolvePodContext } from './pod-context.ts';

const memory = createMemory();
const put = (kind: string, name: string, rest: object) => {
  const metadata = {
    name,
    namespace: 'n',
    uid: `${kind} ${name}`,
    resourceVersion: '1',
    creationTimestamp: '',
  };
  memory.apply([{ kind, now: { apiVersion: 'v1', kind, metadata, ...rest }, revision: 1 }]);
};
const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');
put('ConfigMap', 'conf', { data: { COLOR: 'blue', 'a.txt': 'A' }, binaryData: { 'b.txt': base64('B') } });
put('Secret', 'hush', { data: { TOKEN: base64('geheim ü'), raw: base64('R') } });
put('Secret', 'bytes', { data: { key: base64(new Uint8Array([0xff, 0xfe, 0x00])) } });

const context = (container: object, volumes: object[] = []) => {
  const metadata = {
    name: 'r-00001',
    namespace: 'n',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '',
    labels: { app: 'x' },
  };
  const spec = { containers: [container], volumes };
  return resolvePodContext(memory, { apiVersion: '', kind: 'Revision', metadata, spec } as KubeObject);
};
const env = (...variables: object[]) => context({ env: variables }).env;
const mount = (volume: object, more: object = {}) =>
  context({ volumeMounts: [{ name: 'v', mountPath: '/v', ...more }] }, [{ name: 'v', ...volume }]).volumes;

describe('environment', () => {
  it('has values of its own, of Secrets and ConfigMaps, and fields; a later one may use an earlier', () => {
    expect(
      env(
        { name: 'PLAIN', value: 'p' },
        { name: 'EMPTY' },
        { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'hush', key: 'TOKEN' } } },
        { name: 'COLOR', valueFrom: { configMapKeyRef: { name: 'conf', key: 'COLOR' } } },
        { name: 'NS', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
        { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: 'ALL', value: '$(PLAIN)-$(TOKEN)-$(LATER)-$$(PLAIN)' },
        { name: 'LATER', value: 'l' },
      ),
    ).toEqual({
      PLAIN: 'p',
      EMPTY: '',
      TOKEN: 'geheim ü',
      COLOR: 'blue',
      NS: 'n',
      APP: 'x',
      ALL: 'p-geheim ü-$(LATER)-$(PLAIN)',
      LATER: 'l',
    });
  });

  it('takes whole ConfigMaps and Secrets, its own variables come over them', () => {
    const envFrom = [
      { prefix: 'C_', configMapRef: { name: 'conf' } },
      { secretRef: { name: 'hush' } },
      { secretRef: { name: 'none', optional: true } },
    ];
    expect(context({ envFrom, env: [{ name: 'raw', value: 'mine' }] }).env).toEqual({
      C_COLOR: 'blue',
      'C_a.txt': 'A',
      'C_b.txt': 'B',
      TOKEN: 'geheim ü',
      raw: 'mine',
    });
  });

  it('leaves out what is optional and not there', () => {
    const optional = (name: string, key: string) => ({
      valueFrom: { secretKeyRef: { name, key, optional: true } },
    });
    expect(env({ name: 'A', ...optional('none', 'k') }, { name: 'B', ...optional('hush', 'k') })).toEqual({});
  });

  it.each([
    [{ secretKeyRef: { name: 'none', key: 'k' } }, 'secret "none" not found'],
    [{ configMapKeyRef: { name: 'none', key: 'k' } }, 'configmap "none" not found'],
    [{ secretKeyRef: { name: 'hush', key: 'k' } }, "couldn't find key k in Secret n/hush"],
    [
      { secretKeyRef: { name: 'bytes', key: 'key' } },
      'key key of Secret "bytes" is not UTF-8 text: pods get text only',
    ],
    [{ fieldRef: { fieldPath: 'status.phase' } }, 'env X: the field status.phase is not served'],
  ])('says what is missing: %j', (valueFrom, message) => {
    expect(() => env({ name: 'X', valueFrom })).toThrow(
      expect.objectContaining({ reason: 'CreateContainerConfigError', message }),
    );
  });
});

describe('files', () => {
  it('are all keys, or the items by their paths', () => {
    expect(mount({ configMap: { name: 'conf' } })).toEqual([
      { mountPath: '/v', files: { COLOR: 'blue', 'a.txt': 'A', 'b.txt': 'B' } },
    ]);
    expect(mount({ secret: { secretName: 'hush', items: [{ key: 'raw', path: 'deep/./file' }] } })).toEqual([
      { mountPath: '/v', files: { 'deep/file': 'R' } },
    ]);
  });

  it('of several sources are together in one place', () => {
    const sources = [
      { configMap: { name: 'conf', items: [{ key: 'a.txt', path: 'a' }] } },
      { secret: { name: 'hush', items: [{ key: 'raw', path: 'r' }] } },
    ];
    expect(mount({ projected: { sources } })).toEqual([{ mountPath: '/v', files: { a: 'A', r: 'R' } }]);
  });

  it('by subPath are one file at the mount path, or a folder of the volume', () => {
    const items = [
      { key: 'a.txt', path: 'x/a' },
      { key: 'b.txt', path: 'x/b' },
    ];
    expect(mount({ configMap: { name: 'conf' } }, { mountPath: '/etc/app.conf', subPath: 'a.txt' })).toEqual([
      { mountPath: '/etc', files: { 'app.conf': 'A' } },
    ]);
    expect(mount({ configMap: { name: 'conf', items } }, { subPath: 'x' })).toEqual([
      { mountPath: '/v', files: { a: 'A', b: 'B' } },
    ]);
  });

  it('that are optional may be missing, others may not', () => {
    expect(mount({ configMap: { name: 'none', optional: true } })).toEqual([{ mountPath: '/v', files: {} }]);
    expect(mount({ emptyDir: {} }, { mountPath: '/tmp' })).toEqual([]);
    expect(() => mount({ secret: { secretName: 'none' } })).toThrow('secret "none" not found');
    expect(() => mount({ secret: { secretName: 'hush', items: [{ key: 'gone', path: 'p' }] } })).toThrow(
      'references non-existent secret key: gone of Secret "hush"',
    );
  });
});

it.each([
  ['$(A)$(B)', '1$(B)'],
  ['$$(A)', '$(A)'],
  ['$A $[A] $', '$A $[A] $'],
  ['$(A', '$(A'],
])('expand %s to %s', (value, expected) => expect(expand(value, new Map([['A', '1']]))).toBe(expected));
