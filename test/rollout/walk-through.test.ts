import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../knative/local/store/types.ts';
import { openHome } from '../../scripts/rollout/cluster-in-home.ts';
import { removeHome, waitUntil } from '../support/platform.ts';
import { type Receipt, type Shop, startShop, type Variant } from './support/release.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
}, 120_000);
afterAll(async () => {
  await shop?.close();
  if (shop) await removeHome(shop.home);
});

const release = (name: string, image: Variant, ...more: string[]) =>
  shop.kagari('rollout', name, '--image', `dev.local/shop:${image}`, '--interval', '2s', ...more);
const statusOf = async (name: string) =>
  JSON.parse((await shop.kagari('rollout', 'status', name, '--json')).stdout);
const getting = (status: { traffic: { revisionName: string; percent: number }[] }) =>
  status.traffic.filter(({ percent }) => percent > 0).map(({ revisionName }) => revisionName);

const specsOf = (objects: KubeObject[]) => objects.map(({ metadata, spec }) => [metadata.name, spec]);
const ended = (id: string) => shop.receipts.find((receipt) => receipt.id === id);

describe('a release', () => {
  it('that is good gets everything, and no request fails on its way there and back', async () => {
    const load = shop.load('shop-v1', 80);
    const { code, stdout } = await release('shop-v1', 'v2', '--steps', '20,50', '--min-requests', '30');
    expect(stdout).toMatch(
      /20% to .*\n.*20% is well: candidate 0 of \d+ failed[\s\S]*50% to [\s\S]*promoted after/,
    );
    expect(code).toBe(0);
    const [candidate] = getting(await statusOf('shop-v1'));
    expect((await shop.ask('shop-v1')).text).toBe(candidate);
    const back = await shop.kagari('rollback', 'shop-v1', '--json');
    expect(JSON.parse(back.stdout)).toMatchObject({ service: 'shop-v1', to: 'shop-v1-00001' });
    expect((await shop.ask('shop-v1')).text).toBe('shop-v1-00001');
    const { failed, sent } = await load.end();
    expect(failed).toEqual([]);
    expect(sent).toBeGreaterThan(300);
  }, 120_000);

  it('of which one request in five fails is gone from all traffic ten seconds after its first step', async () => {
    const load = shop.load('shop-v1', 50);
    const { code, stdout } = await release('shop-v1', 'broken', '--json');
    const { failed } = await load.end();
    expect(code).toBe(1);
    const ended = JSON.parse(stdout);
    expect(ended).toMatchObject({ outcome: 'rolled back', percent: 0 });
    expect(ended.reasons.join()).toMatch(/it fails more often: candidate \d+ of \d+ failed/);
    expect(ended.seconds).toBeLessThan(10);
    expect(getting(ended)).toEqual(['shop-v1-00001']);
    // Ten seconds are 500 requests.
    expect(failed.length).toBeLessThanOrEqual(5);
  }, 120_000);

  it('of which one request in twenty fails is rolled back', async () => {
    const load = shop.load('shop-v1', 80);
    const { code, stdout } = await release('shop-v1', 'failing', '--steps', '20,50');
    await load.end();
    expect(stdout).toMatch(/rolled back after .*it fails more often/);
    expect(code).toBe(1);
    expect(getting(await statusOf('shop-v1'))).toEqual(['shop-v1-00001']);
  }, 120_000);

  it('that is three times slower is rolled back', async () => {
    const load = shop.load('shop-steady', 50);
    const { code, stdout } = await release('shop-steady', 'slow', '--steps', '20,50');
    await load.end();
    expect(stdout).toMatch(/rolled back after .*it is slower: median \d+ ms against \d+ ms/);
    expect(code).toBe(1);
    expect(getting(await statusOf('shop-steady'))).toEqual(['shop-steady-00001']);
  }, 120_000);

  it('that crashes at its start gets nothing, and its last words are the reason', async () => {
    const { code, stdout } = await release('shop-v1', 'crashing');
    expect(stdout).toMatch(/rolled back after .*does not run: .*no such table: orders/);
    expect(stdout).not.toContain('5% to');
    expect(code).toBe(1);
    expect((await shop.ask('shop-v1')).text).toBe('shop-v1-00001');
  }, 120_000);

  it('that nobody asks anything is held; aborted, everything is as it was', async () => {
    const { code, stdout } = await release('shop-v1', 'v2', '--patience', '2s');
    expect(stdout).toMatch(/held after .*not enough evidence: 0 of 50 requests/);
    expect(code).toBe(3);
    expect(await statusOf('shop-v1')).toMatchObject({ phase: 'shifting', driven: false, percent: 5 });
    const second = await release('shop-v1', 'v2');
    expect(second.stderr).toMatch(/error: a rollout of shop-v1 .* is under way/);
    const aborted = await shop.kagari('rollout', 'abort', 'shop-v1');
    expect(aborted.stdout).toContain('traffic: shop-v1-00001 100%\n');
    expect(getting(await statusOf('shop-v1'))).toEqual(['shop-v1-00001']);
  }, 120_000);

  it('that nobody asks anything is promoted by traffic of its own', async () => {
    const probing = ['--probe', '/', '--steps', '50', '--min-requests', '60'];
    const { code, stdout } = await release('shop-v1', 'v2', ...probing);
    expect(stdout).toContain('promoted after');
    expect(code).toBe(0);
  }, 120_000);

  it('that refuses one event in five is rolled back by what became of them, and no other event is lost', async () => {
    const load = shop.events(50);
    const { code, stdout } = await release('shop-events', 'refusing');
    const { failed } = await load.end();
    expect(failed).toEqual([]);
    expect(stdout).toMatch(
      /rolled back after .*it fails more often: .*\d+ dead-lettered, stable of \d+ events 0 retried/,
    );
    expect(code).toBe(1);
    expect(getting(await statusOf('shop-events'))).toEqual(['shop-events-00001']);
    await waitUntil('every event at its end', 30_000, () => load.ids.every((id) => ended(id) !== undefined));
    const dead = load.ids.filter((id) => ended(id)?.path === '/dead');
    // Two or three are certain; one in twenty came to it.
    expect(dead.length).toBeGreaterThan(0);
    expect(dead.length).toBeLessThan(load.ids.length / 50);
  }, 120_000);

  it('by key gives the candidate its keys only, loses no event, and leaves the Trigger as it was', async () => {
    const cluster = await openHome(shop.home, 'kagari');
    const before = await cluster.triggers();
    const load = shop.events(50, { keys: 400 });
    const { code, stdout } = await release('shop-events', 'v2', '--by-key', '--steps', '25,50');
    expect(stdout).toMatch(
      /25% of the keys to [\s\S]*25% is well: [\s\S]*50% of the keys to [\s\S]*promoted after/,
    );
    expect(code).toBe(0);
    const { failed } = await load.end();
    expect(failed).toEqual([]);
    await waitUntil('every event at its end', 30_000, () => load.ids.every((id) => ended(id) !== undefined));
    expect(specsOf(await cluster.triggers())).toEqual(specsOf(before));
    cluster.close();

    const [candidate] = getting(await statusOf('shop-events'));
    const its = shop.receipts.filter(({ revision }) => revision === candidate);
    const isOfHalf = ({ key }: Receipt) => Number.parseInt(key?.slice(-2) ?? '', 16) < 128;
    // The promotion, at the very end, gave it the rest.
    const promoted = its.findIndex((receipt) => !isOfHalf(receipt));
    expect(its.slice(0, promoted).length).toBeGreaterThan(100);
    const both = its.filter(({ id }) =>
      shop.receipts.some((other) => other.id === id && other.revision !== candidate),
    );
    expect(both.length).toBeLessThan(its.length / 2);
  }, 180_000);

  it('whose command is killed goes on with another, which nobody can join', async () => {
    const load = shop.load('shop-steady', 80);
    const settings = ['--steps', '20,50', '--min-requests', '30', '--interval', '8s'];
    const killed = shop.begin('rollout', 'shop-steady', '--image', 'dev.local/shop:v2', ...settings);
    await waitUntil('the first step', 60_000, () => killed.output.stdout.includes('20% to'));
    killed.kill('SIGKILL');
    await killed.said;
    expect(await statusOf('shop-steady')).toMatchObject({ phase: 'shifting', percent: 20 });
    const resumed = shop.begin('rollout', 'resume', 'shop-steady');
    await waitUntil('the second step', 90_000, () => resumed.output.stdout.includes('50% to'));
    const joining = await shop.kagari('rollout', 'resume', 'shop-steady');
    expect(joining.stderr).toMatch(/error: somebody else drives a rollout of shop-steady/);
    expect((await resumed.said).stdout).toContain('promoted after');
    const { failed } = await load.end();
    expect(failed).toEqual([]);
  }, 180_000);

  it('that cannot be is refused before anything is written', async () => {
    const before = await statusOf('shop-v1');
    expect((await release('no-such-function', 'v2')).stderr).toMatch(
      /^error: .*"no-such-function" not found/,
    );
    expect((await release('shop-v1', 'v2', '--steps', '20,10')).code).toBe(2);
    expect((await release('shop-v1', 'v2', '--dry-run')).stdout).toContain('would write shop-v1');
    expect(await statusOf('shop-v1')).toEqual(before);
  }, 120_000);

  it('of an image that is nowhere is rolled back', async () => {
    const { code, stdout } = await shop.kagari('rollout', 'shop-steady', '--image', 'dev.local/shop:nowhere');
    expect(stdout).toMatch(/rolled back after .*no such image/);
    expect(code).toBe(1);
  }, 120_000);
});
