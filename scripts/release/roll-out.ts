#!/usr/bin/env node
// node scripts/release/roll-out.ts --images ghcr.io/you/shop --tag v2 --context NAME --report FILE [-- options]
// Rolls out the functions of which the cluster runs another image, one after the other, by `kagari rollout` with these
// options, and stops at the first that is not promoted, with its exit code. REGISTRY_USERNAME and REGISTRY_PASSWORD where
// the registry asks for them.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { functionsOf } from '../../knative/local/images/build.ts';
import { namespace } from '../../knative/local/secrets/kept.ts';
import { createKubectl } from '../deploy/kubectl.ts';
import { createTools } from '../deploy/tools.ts';
import { changedFunctions } from './changed-functions.ts';
import { kagari } from './kagari.ts';
import { createRegistry } from './registry.ts';
import { type Release, type Report, writeReport } from './report.ts';

export interface Rolling {
  context: string;
  /** The file that it is written to after every step. */
  file: string;
  /** Of kagari rollout. */
  options: readonly string[];
  say(line: string): void;
}

/** Answers the exit code. */
export const rollOut = async (report: Report, { context, file, options, say }: Rolling): Promise<number> => {
  const save = (release: Release, what: Partial<Release>) => {
    Object.assign(release, what);
    return writeReport(file, report);
  };
  await writeReport(file, report);
  for (const release of report.releases) {
    const { name, image } = release;
    say(`${name}: ${image}`);
    await save(release, { outcome: 'under way' });
    const said = await kagari('rollout', name, '--image', image, '--context', context, ...options);
    const { outcome = 'failed', reasons = [said.error], seconds, traffic } = said.json ?? {};
    await save(release, { outcome, reasons, seconds, traffic });
    say(`  ${outcome}: ${reasons.join('; ')}`);
    if (said.code !== 0) return said.code;
  }
  return 0;
};

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      images: { type: 'string', default: '' },
      tag: { type: 'string', default: '' },
      context: { type: 'string', default: '' },
      report: { type: 'string', default: '' },
    },
  });
  const { images, tag, context, report: file } = values;
  if (!images || !tag || !context || !file)
    throw new Error('--images, --tag, --context and --report are needed');
  const tools = createTools({ env: process.env, signal: new AbortController().signal });
  const kubectl = createKubectl(tools, ['kubectl'], context);
  const list = (resources: string) => kubectl.list(`${resources}.serving.knative.dev`, ['-n', namespace]);
  const [services, revisions] = await Promise.all([list('services'), list('revisions')]);
  const names = new Set(services.map(({ metadata }) => metadata.name));
  const functions = functionsOf(join(import.meta.dirname, '../..')).filter((name) => names.has(name));
  const { REGISTRY_USERNAME: username, REGISTRY_PASSWORD: password } = process.env;
  const changed = await changedFunctions(
    { services, revisions },
    {
      functions,
      registry: createRegistry(username && password ? { username, password } : undefined),
      imageOf: (name) => `${images}/${name}:${tag}`,
    },
  );
  const say = (line: string) => console.log(line);
  say(
    `${changed.length} of ${functions.length} functions are to change: ${changed.map(({ name }) => name).join(', ') || 'none'}`,
  );
  const releases = changed.map((each): Release => ({ ...each, outcome: 'not begun', reasons: [] }));
  return rollOut(
    { tag, functions: functions.length, releases },
    { context, file, options: positionals, say },
  );
};

if (import.meta.main)
  process.exitCode = await main().catch((error: Error) => {
    console.error(`error: ${error.message}`);
    return 1;
  });
