import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { claimHome } from './home.ts';
import { identify, lives } from './process-identity.ts';

const folder = async () => join(await mkdtemp(join(tmpdir(), 'kagari home ')), '.kagari');

it('refuses a second runtime in one folder, and lets one in after the first has released it', async () => {
  const path = await folder();
  const first = await claimHome(path);
  await expect(claimHome(path)).rejects.toThrow(/already uses .*--home/);
  await first.release();
  await (await claimHome(path)).release();
});

it('takes over what a killed runtime left, also where its pid is somebody else now', async () => {
  const path = await folder();
  await (await claimHome(path)).release();
  await writeFile(join(path, 'runtime.json'), JSON.stringify({ pid: process.pid, started: 'long ago' }));
  await (await claimHome(path)).release();
  await writeFile(join(path, 'runtime.json'), '{"pid":');
  await (await claimHome(path)).release();
});

it('keeps others out of the folder', async () => {
  const path = await folder();
  await claimHome(path);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});

it('knows a process that has ended from one that lives', async () => {
  const child = spawn('sleep', ['60']);
  const who = await identify(child.pid!);
  expect(who && (await lives(who))).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(who && (await lives(who))).toBe(false);
});
