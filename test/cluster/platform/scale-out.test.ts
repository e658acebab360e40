import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scale } from '../../acceptance/support/objects.ts';
import { openWorld, type World } from '../../acceptance/support/world.ts';

const hey = (...args: string[]) => promisify(execFile)('hey', args);
let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

describe('a flood by hey', () => {
  it('is answered whole, by more pods than one and not more than allowed', async () => {
    const name = world.fresh('flooded');
    await world.serve(name, {
      containerConcurrency: 5,
      annotations: scale({ max: 4, window: '6s' }),
    });
    const url = `http://${world.hostOf(name)}/info`;
    let most = 0;
    let over = false;
    const watching = (async () => {
      while (!over) most = Math.max(most, (await world.kube.pods(name)).length);
    })();
    const { stdout } = await hey('-z', '15s', '-c', '40', '-t', '60', url).finally(() => {
      over = true;
    });
    await watching;
    expect(stdout).toMatch(/Status code distribution:\s+\[200\]\s+\d+ responses\s*$/);
    expect(stdout).not.toContain('Error distribution');
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
  });
});
