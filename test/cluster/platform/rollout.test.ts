// docs/rollout.md on real Knative: figures of queue-proxies by a Prometheus, all of it through the Kubernetes API.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../acceptance/support/until.ts';
import { openWorld, type World } from '../../acceptance/support/world.ts';
import { installPrometheus, removePrometheus } from '../prometheus/install.ts';
import { openShop, type Shop, type Variant } from '../release/shop.ts';

let world: World;
let shop: Shop;
beforeAll(async () => {
  world = await openWorld();
  await installPrometheus();
  shop = await openShop(world);
});
afterAll(async () => {
  await removePrometheus();
  await world?.close();
});

const serve = async (variant: Variant): Promise<string> => {
  const name = world.fresh(`shop-${variant}`);
  world.keepTrackOf('ksvc', name);
  await shop.serve(name, variant);
  return name;
};

describe('a release on a cluster', () => {
  it('that is good gets everything, and no request fails on its way there and back', async () => {
    const name = await serve('v1');
    const load = shop.load(name, 80);
    const promoting = await shop.release(name, 'v2', '--steps', '20,50', '--min-requests', '30');
    const { code, stdout, stderr } = await promoting.said;
    expect({ stderr, stdout }).toMatchObject({
      stdout: expect.stringMatching(
        /20% to .*\n.*20% is well: candidate 0 of \d+ failed[\s\S]*50% to [\s\S]*promoted after/,
      ),
    });
    expect(code).toBe(0);
    expect(await shop.getting(name)).toEqual([`${name}-00002`]);
    await shop.answeredBy(name, `${name}-00002`);
    const back = await shop.kagari('rollback', name, '--json');
    expect(JSON.parse(back.stdout)).toMatchObject({ service: name, to: `${name}-00001` });
    await shop.answeredBy(name, `${name}-00001`);
    const { failed, sent } = await load.end();
    expect(failed).toEqual([]);
    expect(sent).toBeGreaterThan(300);
  });

  it('of which one request in twenty fails is rolled back', async () => {
    const name = await serve('v1');
    const load = shop.load(name, 80);
    const { code, stdout } = await (await shop.release(name, 'failing', '--steps', '20,50')).said;
    await load.end();
    expect(stdout).toMatch(/rolled back after .*it fails more often/);
    expect(code).toBe(1);
    expect(await shop.getting(name)).toEqual([`${name}-00001`]);
  });

  it('that is three times slower is rolled back', async () => {
    const name = await serve('steady');
    const load = shop.load(name, 50);
    const { code, stdout } = await (await shop.release(name, 'slow', '--steps', '20,50')).said;
    await load.end();
    expect(stdout).toMatch(/rolled back after .*it is slower: median \d+ ms against \d+ ms/);
    expect(code).toBe(1);
    expect(await shop.getting(name)).toEqual([`${name}-00001`]);
  });

  it('of which one request in five fails is gone from all traffic soon after its first step', async () => {
    const name = await serve('v1');
    const load = shop.load(name, 50);
    const releasing = await shop.release(name, 'broken');
    await until('the first step', async () => releasing.output.stdout.includes('5% to'), 120_000);
    const began = performance.now();
    const { code, stdout } = await releasing.said;
    const seconds = (performance.now() - began) / 1000;
    const { failed } = await load.end();
    expect(stdout).toMatch(/rolled back after .*it fails more often: candidate \d+ of \d+ failed/);
    expect(code).toBe(1);
    expect(await shop.getting(name)).toEqual([`${name}-00001`]);
    // How soon is chance: docs/figures.md has it measured.
    expect(seconds).toBeLessThan(30);
    expect(failed.length).toBeLessThan(30);
  });
});
