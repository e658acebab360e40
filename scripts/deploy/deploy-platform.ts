import { join } from 'node:path';
import { namespace } from '../../knative/local/secrets/kept.ts';
import type { DeployOptions } from '../deploy.ts';
import { addressLines } from './addresses.ts';
import { applyLines, applyOverlay } from './apply-overlay.ts';
import { type Builder, chooseBuilder } from './builder.ts';
import { checkAnswers, checkCluster } from './check-cluster.ts';
import { cleanUp } from './clean-up.ts';
import { confirm } from './confirm.ts';
import { deliverImages } from './deliver-images.ts';
import { contentTags } from './image-tags.ts';
import type { Missing } from './missing.ts';
import { overlayFolder, renderOverlay } from './overlay.ts';
import { planDeployment } from './plan.ts';
import { chooseTarget, missingPrograms, type Target } from './target.ts';
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
    await deploy(options, createTools({ env, signal: ending.signal }), ending.signal);
  } catch (error) {
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, end);
  }
};

const deploy = async (options: DeployOptions, tools: Tools, signal: AbortSignal): Promise<void> => {
  const started = performance.now();
  if (options.cluster === 'current' && !options.yes && !options.dryRun && !process.stdin.isTTY)
    throw new Error('-c current asks first, and there is no terminal to ask at: say --yes');
  refuseMissing(missingPrograms(tools, options.cluster, options.kubectl));
  const folder = await overlayFolder(root, options.overlay);
  const target = await chooseTarget(tools, options.cluster, options.kubectl);
  const { kubectl } = target;
  await checkAnswers(kubectl, target.context);
  const rendered = await renderOverlay(kubectl, folder);
  const withinSeconds = options.timeoutSeconds;

  if (options.cleanup === 'only') {
    if (options.dryRun) return say(`would remove ${whatGoes(target)}`);
    await ask(options, `Remove ${whatGoes(target)}?`, signal);
    say(`removing ${whatGoes(target)}`);
    await cleanUp(rendered, { kubectl, say, withinSeconds });
    return say('nothing of ours is left');
  }

  const fresh = options.cleanup === 'fresh';
  const [tags, standing, missing] = await Promise.all([
    contentTags(root),
    fresh ? [] : standingServices(target),
    checkCluster(kubectl, rendered),
  ]);
  const plan = planDeployment(rendered, standing, { ...options, tags, now: new Date().toISOString() });
  const builder = await builderFor(options, tools, plan.images.length > 0);
  const unreachable = plan.images.find(({ reference }) => reference.startsWith('dev.local/'));
  refuseMissing([
    ...missing,
    ...(builder && 'mend' in builder ? [builder] : []),
    ...(builder &&
    !('mend' in builder) &&
    !builder.delivers &&
    options.cluster === 'current' &&
    unreachable &&
    !options.registry
      ? [
          {
            what: `the cluster has no way to ${unreachable.reference}`,
            mend: 'add --images REGISTRY to push there, or --no-build where its nodes have the images',
          },
        ]
      : []),
  ]);

  say(`${target.context} (${target.server}), namespace ${namespace}, overlay ${options.overlay}`);
  if (options.dryRun) {
    if (fresh) say(`would remove ${whatGoes(target)}`);
    say('would:');
    if (options.build) for (const { reference } of plan.images) say(`  build ${reference}`);
    for (const line of applyLines(plan.objects)) say(line);
    tellKept(plan.kept);
    return;
  }
  await ask(
    options,
    `${fresh ? `Remove ${whatGoes(target)}, and deploy` : 'Deploy'} to ${target.context} (${target.server})?`,
    signal,
  );
  if (builder && !('mend' in builder)) {
    say(`images, by ${builder.name}`);
    const push = options.registry !== undefined || options.cluster === 'current';
    await deliverImages(tools, plan.images, { builder, target, push, say });
  }
  if (fresh) {
    say(`removing ${whatGoes(target)}`);
    await cleanUp(rendered, { kubectl, say, withinSeconds });
  }
  const built = performance.now();
  await applyOverlay(plan.objects, {
    kubectl,
    signal,
    say,
    deadline: built + options.timeoutSeconds * 1000,
    ...(options.databaseUrl && { databaseUrl: options.databaseUrl }),
  });
  const now = performance.now();
  say(`all is ready, ${seconds(now - built)} after the images, ${seconds(now - started)} in all`);
  tellKept(plan.kept);
  for (const line of await addressLines(target)) say(line);
};

const standingServices = (target: Target) =>
  target.kubectl.list('services.serving.knative.dev', ['-n', namespace]).catch((error) => {
    // Said as a missing part of the cluster.
    if (/doesn't have a resource type/.test(error.stderr ?? '')) return [];
    throw error;
  });

const builderFor = async (
  { build, builder }: DeployOptions,
  tools: Tools,
  needed: boolean,
): Promise<Builder | Missing | undefined> =>
  build && needed ? chooseBuilder(tools, root, builder) : undefined;

const refuseMissing = (missing: readonly Missing[]): void => {
  const [first, ...more] = missing;
  if (!first) return;
  for (const { what, mend } of missing) console.error(`${what}:\n  ${mend}`);
  throw new Error(
    `nothing was changed: ${first.what}${more.length > 0 ? `, and ${more.length} more` : ''}: ${first.mend}`,
  );
};

const whatGoes = ({ context }: Target) =>
  `the namespace ${namespace} of ${context}, its database and all other data included`;

const ask = async ({ cluster, yes }: DeployOptions, question: string, signal: AbortSignal): Promise<void> => {
  if (cluster !== 'current' || yes) return;
  if (!(await confirm(question, signal))) throw new Error('not confirmed: nothing was changed');
};

const tellKept = (kept: ReturnType<typeof planDeployment>['kept']): void => {
  if (kept.length === 0) return;
  say('a rollout owns the image and the traffic of a Service that runs; these keep theirs:');
  for (const { service, standing, offered } of kept)
    say(
      `  ${service} keeps ${standing}\n    to move it: kn service update ${service} -n ${namespace} --image ${offered}`,
    );
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
