import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeThreeWay } from './merge.ts';

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

describe('three-way merge, of anything', () => {
  it('leaves what was changed through the API while the YAML stays the same', () => {
    fc.assert(
      fc.property(tree, tree, (yaml, live) => {
        expect(mergeThreeWay(yaml, yaml, live)).toEqual(live);
      }),
    );
  });

  it('takes a changed YAML whole where nothing was changed through the API', () => {
    fc.assert(
      fc.property(tree, tree, (before, now) => {
        expect(mergeThreeWay(before, now, before)).toEqual(now);
      }),
    );
  });

  it('keeps what the YAML never mentioned', () => {
    fc.assert(
      fc.property(tree, tree, tree, (before, now, others) => {
        expect(mergeThreeWay({ y: before }, { y: now }, { y: before, o: others })).toEqual({
          y: now,
          o: others,
        });
      }),
    );
  });

  it('comes to rest: applied again it changes nothing', () => {
    fc.assert(
      fc.property(tree, tree, tree, (before, yaml, live) => {
        const once = mergeThreeWay(before, yaml, live);
        expect(mergeThreeWay(yaml, yaml, once)).toEqual(once);
      }),
    );
  });
});

describe('three-way merge, of a Service', () => {
  const service = (image: string, env: Record<string, string>, more: object = {}) => ({
    spec: {
      template: {
        spec: {
          containers: [
            { image, env: Object.entries(env).map(([name, value]) => ({ name, value })), ...more },
          ],
        },
      },
    },
  });

  it('merges containers and variables by name', () => {
    const live = service(
      'dev.local/o:v2',
      { A: '1', B: '2', K: 'by kn' },
      { name: 'user-container', resources: {} },
    );
    const merged = mergeThreeWay(
      service('dev.local/o:dev', { A: '1', B: '2' }),
      service('dev.local/o:dev', { A: '7', C: '3' }),
      live,
    );
    expect(merged).toEqual(
      service('dev.local/o:v2', { A: '7', C: '3', K: 'by kn' }, { name: 'user-container', resources: {} }),
    );
  });

  it('takes traffic as one value: pinned stays pinned until the YAML says otherwise', () => {
    const traffic = (...targets: object[]) => ({ spec: { traffic: targets } });
    const latest = { latestRevision: true, percent: 100 };
    const pinned = traffic({ revisionName: 'a', percent: 90 }, { revisionName: 'b', percent: 10 });
    expect(mergeThreeWay({ spec: {} }, { spec: {} }, pinned)).toEqual(pinned);
    expect(mergeThreeWay(traffic(latest), traffic(latest), pinned)).toEqual(pinned);
    const moved = traffic({ revisionName: 'c', percent: 100 });
    expect(mergeThreeWay(traffic(latest), moved, pinned)).toEqual(moved);
  });

  it('what the YAML gave and gives no more, goes', () => {
    const before = { metadata: { labels: { a: '1', b: '2' } } };
    const live = { metadata: { labels: { a: '1', b: '2', c: 'by kubectl' } } };
    expect(mergeThreeWay(before, { metadata: { labels: { a: '1' } } }, live)).toEqual({
      metadata: { labels: { a: '1', c: 'by kubectl' } },
    });
  });
});
