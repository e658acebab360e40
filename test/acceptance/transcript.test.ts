import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { findTool, kn, unless } from './support/tools.ts';
import { comparable, readTranscript, replay } from './support/transcript.ts';

const root = join(import.meta.dirname, '../..');
const target = inject('target');
const curl = findTool('CURL', 'curl');
const here = kn && curl && target.consoleToken;
const why = `${unless(kn, 'KN')}${unless(curl, 'CURL')}${target.consoleToken ? '' : ' (skipped: it shows the local runtime)'}`;

describe.skipIf(!here)(`docs/canary.md${why}`, () => {
  it('prints what it shows, command by command', async () => {
    const steps = readTranscript(await readFile(join(root, 'docs/canary.md'), 'utf8'));
    const { port } = new URL(target.ingress);
    const home = dirname(target.kubeconfig);
    const user = await mkdtemp(join(tmpdir(), 'kagari-transcript-'));
    const outputs = await replay(
      steps.map(({ command }) =>
        command.replaceAll('localhost:8080', `localhost:${port}`).replaceAll('.kagari/', `"$KAGARI_HOME"/`),
      ),
      {
        cwd: root,
        env: {
          PATH: [dirname(`${kn}`), dirname(process.execPath), process.env.PATH].join(delimiter),
          HOME: user,
          KAGARI_HOME: home,
        },
      },
    );
    await rm(user, { recursive: true, force: true });
    const shown = steps.map(({ command, output }) => ({ command, output: comparable(output) }));
    const printed = steps.map(({ command }, index) => ({
      command,
      output: comparable((outputs[index] ?? '').replaceAll(`localhost:${port}`, 'localhost:8080')),
    }));
    expect(printed).toEqual(shown);
    expect(steps.length).toBeGreaterThan(10);
  });
});
