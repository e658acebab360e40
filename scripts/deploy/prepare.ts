import { namespace } from '../../knative/local/secrets/kept.ts';
import type { KubeObject, NewObject } from '../../knative/local/store/types.ts';
import { type Builder, chooseBuilder } from './builder.ts';
import { checkAnswers, checkCluster } from './check-cluster.ts';
import { openClusterKeeper } from './cluster-keeper.ts';
import { isGivenDatabase, standsOnGivenDatabase } from './cluster-secrets.ts';
import { contentTags } from './image-tags.ts';
import type { Missing } from './missing.ts';
import type { DeployOptions } from './options.ts';
import { overlayFolder, renderOverlay, withoutDatabase } from './overlay.ts';
import { type Plan, planDeployment } from './plan.ts';
import { unlessForbidden } from './readable.ts';
import { chooseTarget, missingPrograms, type Target } from './target.ts';
import type { Tools } from './tools.ts';

/** The cluster, known to answer, and the overlay as its kubectl renders it. */
export interface Aim {
  target: Target;
  rendered: NewObject[];
  /** Whether what runs there has a database of its user's; undefined where that cannot be known. */
  onGiven: boolean | undefined;
}

export const takeAim = async (options: DeployOptions, tools: Tools, root: string): Promise<Aim> => {
  refuseMissing(missingPrograms(tools, options.cluster, options.kubectl));
  const folder = await overlayFolder(root, options.overlay);
  const target = await chooseTarget(tools, options.cluster, options.kubectl);
  await checkAnswers(target.kubectl, target.context);
  const [rendered, keeper] = await Promise.all([
    renderOverlay(target.kubectl, folder),
    openClusterKeeper(target.kubectl, () => {}).catch(unlessForbidden),
  ]);
  return { target, rendered, onGiven: keeper && standsOnGivenDatabase(keeper) };
};

export interface Prepared {
  plan: Plan;
  /** Whether the database is one that the user gives or gave, so that the overlay's is left out. */
  given: boolean;
  /** Absent where nothing is to be built. */
  builder?: Builder;
}

/** All that can be known before anything is changed; throws, with everything that is missing on stderr. */
export const prepare = async (
  options: DeployOptions,
  tools: Tools,
  root: string,
  { target, rendered, onGiven }: Aim,
): Promise<Prepared> => {
  const given = willBeGiven(options, onGiven);
  const objects = given ? withoutDatabase(rendered) : rendered;
  const [tags, missing] = await Promise.all([contentTags(root), checkCluster(target.kubectl, objects)]);
  const fresh = options.cleanup === 'fresh' || missing.length > 0;
  const standing: KubeObject[] = fresh
    ? []
    : await target.kubectl.list('services.serving.knative.dev', ['-n', namespace]);
  const plan = planDeployment(objects, standing, { ...options, tags, now: new Date().toISOString() });
  if (!options.build || plan.images.length === 0) {
    refuseMissing(missing);
    return { plan, given };
  }
  const builder = await chooseBuilder(tools, root, options.builder);
  if ('mend' in builder) throw refusal([...missing, builder]);
  refuseMissing([...missing, ...wayTo(plan, builder, options)]);
  return { plan, given, builder };
};

/** Whether the database is given now, or was before and is kept. */
export const willBeGiven = (
  { databaseUrl, cleanup }: Pick<DeployOptions, 'databaseUrl' | 'cleanup'>,
  onGiven: boolean | undefined,
): boolean =>
  databaseUrl === undefined ? onGiven === true && cleanup !== 'fresh' : isGivenDatabase(databaseUrl);

/** A registry is named, or the builder or the kind of cluster takes images in. */
const wayTo = ({ images }: Plan, builder: Builder, { cluster, registry }: DeployOptions): Missing[] => {
  const local = images.find(({ reference }) => reference.startsWith('dev.local/'));
  if (!local || builder.delivers || registry !== undefined || cluster !== 'current') return [];
  return [
    {
      what: `the cluster has no way to ${local.reference}`,
      mend: 'add --images REGISTRY to push there, or --no-build where its nodes have the images',
    },
  ];
};

const refuseMissing = (missing: readonly Missing[]): void => {
  if (missing.length > 0) throw refusal(missing);
};

const refusal = (missing: readonly Missing[]): Error => {
  for (const { what, mend } of missing) console.error(`${what}:\n  ${mend}`);
  const [first] = missing;
  const more = missing.length > 1 ? `, and ${missing.length - 1} more` : '';
  return new Error(`nothing was changed: ${first?.what}${more}: ${first?.mend}`);
};
