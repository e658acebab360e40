import { describe, expect, test } from 'vitest';
import { StatusError } from '../../store/status-error.ts';
import { mergePatch } from './merge-patch.ts';
import { strategicMerge } from './strategic-merge.ts';

describe('a strategic merge patch of core kinds', () => {
  test('is a merge patch for maps', () => {
    const target = { data: { a: '1', b: '2' }, metadata: { labels: { x: 'y' } } };
    const patch = { data: { a: null, c: '3' }, metadata: { labels: { z: 'w' } } };
    expect(strategicMerge(target, patch)).toEqual(mergePatch(target, patch));
  });

  test('kubectl apply names the order of lists: that changes nothing', () => {
    const patch = { $setElementOrder: { a: [] }, '$setElementOrder/finalizers': ['b'], data: { a: '1' } };
    expect(strategicMerge({ data: {} }, { '$setElementOrder/ports': [], data: patch.data })).toEqual({
      data: { a: '1' },
    });
  });

  test('lists of owners and ports merge by their key, finalizers as a set, other lists are replaced', () => {
    const owner = (uid: string, name: string) => ({ uid, name });
    expect(
      strategicMerge(
        {
          metadata: { ownerReferences: [owner('1', 'a'), owner('2', 'b')], finalizers: ['x'] },
          spec: { ports: [{ port: 80, name: 'http' }], externalIPs: ['1.1.1.1'] },
        },
        {
          metadata: { ownerReferences: [owner('2', 'c'), owner('3', 'd')], finalizers: ['x', 'y'] },
          spec: { ports: [{ port: 80, $patch: 'delete' }, { port: 81 }], externalIPs: ['2.2.2.2'] },
        },
      ),
    ).toEqual({
      metadata: {
        ownerReferences: [owner('1', 'a'), owner('2', 'c'), owner('3', 'd')],
        finalizers: ['x', 'y'],
      },
      spec: { ports: [{ port: 81 }], externalIPs: ['2.2.2.2'] },
    });
  });

  test('directives: replace, delete, retainKeys, deleteFromPrimitiveList', () => {
    const target = { data: { a: '1', b: '2' }, metadata: { finalizers: ['x', 'y'] } };
    expect(strategicMerge(target, { data: { $patch: 'replace', c: '3' } })).toMatchObject({
      data: { c: '3' },
    });
    expect(strategicMerge(target, { data: { $patch: 'replace', c: '3' } })).not.toHaveProperty('data.a');
    expect(strategicMerge(target, { data: { $patch: 'delete' } })).not.toHaveProperty('data');
    expect(strategicMerge(target, { data: { $retainKeys: ['b'] } })).toMatchObject({ data: { b: '2' } });
    expect(strategicMerge(target, { data: { $retainKeys: ['b'] } })).not.toHaveProperty('data.a');
    expect(
      strategicMerge(target, { metadata: { '$deleteFromPrimitiveList/finalizers': ['x'] } }),
    ).toMatchObject({
      metadata: { finalizers: ['y'] },
    });
  });

  test('an unknown directive is refused', () => {
    expect(() => strategicMerge({}, { data: { $patch: 'explode' } })).toThrow(StatusError);
    expect(() => strategicMerge({}, { '$unknown/data': 1 })).toThrow(StatusError);
  });
});
