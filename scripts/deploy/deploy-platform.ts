import { join } from 'node:path';
import { namespace } from '../../knative/local/secrets/kept.ts';
import { addressLines, loginCommand } from './addresses.ts';
import { applyLines, applyOverlay } from './apply-overlay.ts';
import { cleanUp } from './clean-up.ts';
import { isGivenDatabase } from './cluster-secrets.ts';
import { confirm } from './confirm.ts';
import { deliverImages } from './deliver-images.ts';
import { callerNotice } from './kourier.ts';
import type { DeployOptions } from './options.ts';
import { type Aim, prepare, takeAim } from './prepare.ts';
import type { KeptImage } from './standing-services.ts';
import { createTools, type Tools } from './tools.ts';

const root = join(import.meta.dirname, '../..');
const say = (line: string) => console.log(line);

/** Does what `kagari deploy` was asked for; SIGINT and SIGTERM end it between, or within, any two steps. */
export const deployPlatform = async (options: DeployOptions, env: NodeJS.ProcessEnv): Promise<void> => {
  const ending = new AbortController();
  const end = (signal: NodeJS.Signals) =>
    ending.abort(
      new Error(
        `stopped by ${signal}: what is applied stays; the same command goes on from there, --cleanup-only removes it`,
      ),
    );
  // Once only: a second signal ends the process at once.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, end);
  try {
    const tools = createTools({ env, signal: ending.signal });
    if (options.cluster === 'current' && !options.yes && !options.dryRun && !process.stdin.isTTY)
      throw new Error('-c current asks first, and there is no terminal to ask at: say --yes');
    const aim = await takeAim(options, tools, root);
    await (options.cleanup === 'only' ? removeOnly : deploy)(options, tools, aim, ending.signal);
  } catch (error) {
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, end);
  }
};

const removeOnly = async (
  options: DeployOptions,
  _tools: Tools,
  aim: Aim,
  signal: AbortSignal,
): Promise<void> => {
  if (options.dryRun) return say(`would remove ${whatGoes(options, aim)}`);
  if (aim.onGiven) {
    say('your database keeps the operator’s account with its password; note it, as long as it is shown by');
    say(`  ${loginCommand(aim.target.kubectl)}`);
  }
  await ask(options, `Remove ${whatGoes(options, aim)}?`, signal);
  await remove(options, aim);
  say(`nothing of ours is left${databaseStays(options, aim) ? ' but what is in your database' : ''}`);
};

const deploy = async (options: DeployOptions, tools: Tools, aim: Aim, signal: AbortSignal): Promise<void> => {
  const started = performance.now();
  const { target } = aim;
  const { plan, given, builder } = await prepare(options, tools, root, aim);
  const fresh = options.cleanup === 'fresh';
  const where = `${target.context} (${target.server})`;
  say(`${where}, namespace ${namespace}, overlay ${options.overlay}`);
  for (const line of await callerNotice(target.kubectl)) say(line);
  if (options.dryRun) {
    if (fresh) say(`would remove ${whatGoes(options, aim)}`);
    say('would:');
    if (builder) for (const { reference } of plan.images) say(`  build ${reference}`);
    for (const line of applyLines(plan.objects)) say(line);
    return tellKept(plan.kept);
  }
  const first = fresh ? `Remove ${whatGoes(options, aim)}, and deploy` : 'Deploy';
  await ask(options, `${first} to ${where}?`, signal);
  if (builder) {
    say(`images, by ${builder.name}`);
    const push = options.registry !== undefined || options.cluster === 'current';
    await deliverImages(tools, plan.images, { builder, target, push, say });
  }
  if (fresh) await remove(options, aim);
  const built = performance.now();
  await applyOverlay(plan.objects, {
    kubectl: target.kubectl,
    signal,
    say,
    given,
    deadline: built + options.timeoutSeconds * 1000,
    ...(options.databaseUrl && { databaseUrl: options.databaseUrl }),
  });
  const now = performance.now();
  say(`all is ready, ${seconds(now - built)} after the images, ${seconds(now - started)} in all`);
  tellKept(plan.kept);
  for (const line of await addressLines(target)) say(line);
};

const remove = async (options: DeployOptions, aim: Aim): Promise<void> => {
  say(`removing ${whatGoes(options, aim)}`);
  await cleanUp(aim.rendered, {
    kubectl: aim.target.kubectl,
    say,
    withinSeconds: options.timeoutSeconds,
  });
};

const whatGoes = (options: DeployOptions, aim: Aim): string => {
  const place = `the namespace ${namespace} of ${aim.target.context}`;
  return databaseStays(options, aim)
    ? `${place} with all data in it, but not your database of DATABASE_URL`
    : `${place}, its database and all other data included`;
};

const databaseStays = ({ databaseUrl }: DeployOptions, { onGiven }: Aim): boolean =>
  onGiven ?? (databaseUrl !== undefined && isGivenDatabase(databaseUrl));

const ask = async ({ cluster, yes }: DeployOptions, question: string, signal: AbortSignal): Promise<void> => {
  if (cluster !== 'current' || yes) return;
  if (!(await confirm(question, signal))) throw new Error('not confirmed: nothing was changed');
};

const tellKept = (kept: readonly KeptImage[]): void => {
  if (kept.length === 0) return;
  say('a rollout owns the image and the traffic of a Service that runs; these keep theirs:');
  for (const { service, standing, offered } of kept) {
    say(`  ${service} keeps ${standing}`);
    say(`    to move it: kn service update ${service} -n ${namespace} --image ${offered}`);
  }
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
