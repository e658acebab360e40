import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merge } from './merge.ts';

const { tree } = fc.letrec((tie) => ({
  tree: fc.dictionary(
    fc.constantFrom('a', 'b', 'c', 'name'),
    fc.oneof(
      { depthSize: 'small' },
      fc.integer({ min: 0, max: 2 }),
      fc.constantFrom('x', 'y'),
      tie('tree'),
      fc.array(tie('tree'), { maxLength: 3 }),
    ),
    { maxKeys: 3, noNullPrototype: true },
  ),
}));

describe('three-way merge', () => {
  it('leaves what was changed through the API while the manifest stays the same', () => {
    fc.assert(
      fc.property(tree, tree, (manifest, live) => {
        expect(merge(manifest, manifest, live)).toEqual(live);
      }),
    );
  });

  it('takes a changed manifest whole where nothing was changed through the API', () => {
    fc.assert(
      fc.property(tree, tree, (before, now) => {
        expect(merge(before, now, before)).toEqual(now);
      }),
    );
  });

  it('comes to rest: applied again it changes nothing', () => {
    fc.assert(
      fc.property(tree, tree, tree, (last, desired, live) => {
        const once = merge(last, desired, live);
        expect(merge(desired, desired, once)).toEqual(once);
      }),
    );
  });

  const service = (image: string, env: Record<string, string>, more: object = {}) => ({
    spec: {
      template: {
        spec: { containers: [{ image, env: Object.entries(env).map(([name, value]) => ({ name, value })) }] },
      },
      ...more,
    },
  });

  it('keeps an image set by a rollout when the manifest changes a variable', () => {
    const live = service(
      'orders:v2',
      { A: '1' },
      { traffic: [{ revisionName: 'orders-00001', percent: 100 }] },
    );
    expect(merge(service('orders:dev', { A: '1' }), service('orders:dev', { A: '2', B: '3' }), live)).toEqual(
      service('orders:v2', { A: '2', B: '3' }, { traffic: [{ revisionName: 'orders-00001', percent: 100 }] }),
    );
  });

  it('removes a variable that the manifest drops, and keeps one that was added through the API', () => {
    const merged = merge(
      service('i', { A: '1', B: '2' }),
      service('i', { A: '1' }),
      service('i', { A: '1', B: '2', C: '3' }),
    );
    expect(merged).toEqual(service('i', { A: '1', C: '3' }));
  });

  it('takes the manifest where both changed the same field', () => {
    expect(merge({ a: 1 }, { a: 2 }, { a: 3 })).toEqual({ a: 2 });
  });
});
