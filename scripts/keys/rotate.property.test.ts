import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { newKey, publicPart } from '../../knative/local/secrets/signing-keys.ts';
import type { KubeObject } from '../../knative/local/store/types.ts';
import type { KeyKeeper } from './keeper.ts';
import { isUnderWay, kidOf } from './next-step.ts';
import { rotateKeys } from './rotate.ts';
import { type KeyObjects, readState } from './state.ts';

const [waitMs, tokenMs] = [120_000, 900_000];
const retireAfterMs = waitMs + 10_000 + tokenMs + 60_000;
/** After the switch an auth pod may sign with the key before for so long. */
const signsOnMs = waitMs + 10_000;

class Killed extends Error {}

const object = (kind: string, name: string, data: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'kagari', uid: name, resourceVersion: '1', creationTimestamp: '' },
  data,
});

/** Two objects under optimistic locks, and the story of what verifiers and auth saw. */
const createWorld = async () => {
  const text = JSON.stringify(await newKey());
  const first = await publicPart(text);
  let time = 0;
  let version = 1;
  const objects: KeyObjects = {
    secret: object('Secret', 'auth-keys', {
      'private.jwk': Buffer.from(text).toString('base64'),
      mine: 'aQ==',
    }),
    config: object('ConfigMap', 'auth-jwks', { 'jwks.json': JSON.stringify({ keys: [first] }) }),
  };
  const published: { at: number; kids: string[] }[] = [];
  const signing: { at: number; kid: string }[] = [];
  const note = async () => {
    const state = await readState(objects);
    published.push({ at: time, kids: state.published.map(kidOf) });
    if (signing.at(-1)?.kid !== kidOf(state.signing)) signing.push({ at: time, kid: kidOf(state.signing) });
  };
  await note();
  signing[0]!.at = Number.NEGATIVE_INFINITY;
  published[0]!.at = Number.NEGATIVE_INFINITY;

  /** Dies at its n-th write, before or after it. */
  const keeper = (
    diesAt: { write: number; after: boolean } | undefined,
    meanwhile: () => Promise<void>,
  ): KeyKeeper => {
    let writes = 0;
    return {
      read: async () => structuredClone(objects),
      async write(given) {
        await meanwhile();
        const dies = diesAt?.write === writes++;
        if (dies && !diesAt.after) throw new Killed();
        const part = given.kind === 'Secret' ? 'secret' : 'config';
        if (given.metadata.resourceVersion !== objects[part].metadata.resourceVersion) return false;
        objects[part] = { ...given, metadata: { ...given.metadata, resourceVersion: String(++version) } };
        await note();
        if (dies) throw new Killed();
        return true;
      },
    };
  };
  return {
    objects,
    published,
    signing,
    now: () => time,
    pass: (ms: number) => {
      time += ms;
    },
    keeper,
  };
};
type World = Awaited<ReturnType<typeof createWorld>>;

const run = (
  world: World,
  {
    begin,
    diesAt,
    meanwhile = async () => {},
  }: { begin: boolean; diesAt?: Parameters<World['keeper']>[0]; meanwhile?: () => Promise<void> },
) =>
  rotateKeys({
    keeper: world.keeper(diesAt, meanwhile),
    begin,
    waitMs,
    retireAfterMs,
    say: () => {},
    now: world.now,
    wait: async (ms) => world.pass(ms),
  }).catch((error) => {
    if (!(error instanceof Killed)) throw error;
    return undefined;
  });

/** No token that may have been signed meets a verifier that may not know its key. */
const expectNoTokenRefused = ({ signing, published, now }: World) => {
  for (const [i, { at, kid }] of signing.entries()) {
    const neededFrom = at - waitMs;
    const neededTo = (signing[i + 1]?.at ?? now()) + signsOnMs + tokenMs;
    for (const [j, { at: since, kids }] of published.entries()) {
      const until = published[j + 1]?.at ?? now();
      if (until > neededFrom && since < neededTo && !kids.includes(kid))
        throw new Error(
          `${kid} is not known from ${since} to ${until}, needed from ${neededFrom} to ${neededTo}`,
        );
    }
  }
};

const action = fc.record({
  begin: fc.boolean(),
  diesAt: fc.option(fc.record({ write: fc.nat(5), after: fc.boolean() }), { nil: undefined }),
  rival: fc.option(fc.nat(4), { nil: undefined }),
  passes: fc.constantFrom(0, 1_000, waitMs, tokenMs, retireAfterMs),
});

it('1, 2: whatever dies where, and whoever works at the same time, no token is refused and a second run goes on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 8 }), async (actions) => {
      const world = await createWorld();
      for (const { begin, diesAt, rival, passes } of actions) {
        let writes = 0;
        const meanwhile = async () => {
          if (writes++ === rival) await run(world, { begin: true });
        };
        await run(world, { begin, ...(diesAt && { diesAt }), meanwhile });
        world.pass(passes);
      }
      const state = await run(world, { begin: false });
      expect(state && isUnderWay(state)).toBe(false);
      expectNoTokenRefused(world);
      world.pass(retireAfterMs);
      const last = await run(world, { begin: false });
      expect(last?.published.map(kidOf)).toEqual([kidOf(last!.signing)]);
      expect(world.objects.secret.data).toHaveProperty('mine');
      expect(Object.keys(world.objects.secret.data ?? {}).sort()).toEqual(['mine', 'private.jwk']);
      expectNoTokenRefused(world);
    }),
    { numRuns: 200 },
  );
});

it('3: a rotation that was interrupted anywhere makes one new key, not two', async () => {
  for (let write = 0; write < 5; write++)
    for (const after of [false, true]) {
      const world = await createWorld();
      await run(world, { begin: true, diesAt: { write, after } });
      await run(world, { begin: true });
      const kids = new Set(world.published.flatMap(({ kids }) => kids));
      // Dead after its last write, it was no longer interrupted.
      expect([write, after, kids.size]).toEqual([
        write,
        after,
        write === 3 && after ? 3 : write === 4 ? 3 : 2,
      ]);
    }
});

it('two at once make one rotation', async () => {
  const world = await createWorld();
  let begun = false;
  await run(world, {
    begin: true,
    meanwhile: async () => {
      if (begun) return;
      begun = true;
      await run(world, { begin: true });
    },
  });
  expect(world.signing).toHaveLength(2);
});

it('says what is wrong with objects that hold no keys', async () => {
  const world = await createWorld();
  world.objects.config.data = { 'jwks.json': '[]' };
  await expect(run(world, { begin: true })).rejects.toThrow('jwks.json is no JWK Set');
  world.objects.secret.data = {};
  await expect(run(world, { begin: true })).rejects.toThrow('has no private.jwk');
});
