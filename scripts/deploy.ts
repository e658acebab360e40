import { imageProblem } from '../knative/local/admission/serving/image-reference.ts';
import { type Command, readArguments, readText, UsageError } from './command.ts';
import type { KubectlCommand } from './deploy/kubectl.ts';
import type { DeployOptions } from './deploy/options.ts';
import type { TargetKind } from './deploy/target.ts';

const usage = `kagari deploy -c kind|minikube|current [--overlay NAME] [--images REGISTRY] [--tag TAG] [--no-build]
              [--cleanup | --cleanup-only] [--dry-run] [--yes] [--timeout 300]

Builds the images, gives them to the cluster, makes the Secrets that are missing, migrates the database, applies the
overlay and waits until all of it is ready. What stops it is said with what to do; the same command goes on from there.
A Service that was ready before keeps its image and traffic: moving them is a rollout's work.

  -c                   kind, minikube, or the kubeconfig's current context, for which it asks first
  --overlay            of knative/manifests/overlays, or a kustomize folder (kind; production for current)
  --images             push to this registry, and name the images by it: ghcr.io/you/shop
  --tag                of all images (by default each one's content)
  --no-build           the images are there
  --builder            docker, podman, buildah (the first that works), or a command that takes docker build's options
                       and gives the image to the cluster itself
  --kubectl            the command that kubectl is (kubectl): 'minikube kubectl --'
  --cleanup            remove what is there first, data included; not with DATABASE_URL
  --cleanup-only       remove it, and nothing else; a database of DATABASE_URL stays
  --dry-run            say what would be done, and change nothing
  --yes                do not ask
  --timeout            seconds until everything must be ready (300)
  DATABASE_URL         a Postgres of your own, as its owner, in place of the overlay's`;

const kinds: readonly TargetKind[] = ['kind', 'minikube', 'current'];

export const readDeploy = (args: string[], env: NodeJS.ProcessEnv): DeployOptions => {
  const { values, positionals } = readArguments(args, {
    cluster: { type: 'string', short: 'c' },
    overlay: { type: 'string' },
    images: { type: 'string' },
    tag: { type: 'string' },
    'no-build': { type: 'boolean', default: false },
    builder: { type: 'string' },
    kubectl: { type: 'string' },
    cleanup: { type: 'boolean', default: false },
    'cleanup-only': { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
    yes: { type: 'boolean', default: false },
    timeout: { type: 'string' },
  });
  if (positionals.length > 0)
    throw new UsageError(`deploy takes no ${positionals[0]}: it deploys the whole platform`);
  const cluster = kinds.find((kind) => kind === values.cluster);
  if (!cluster) throw new UsageError(`-c is ${values.cluster ?? 'missing'}: it takes ${kinds.join(', ')}`);
  if (values.builder !== undefined && values['no-build'])
    throw new UsageError('--builder and --no-build exclude each other');
  if (values.cleanup && values['cleanup-only'])
    throw new UsageError('--cleanup deploys anew, --cleanup-only does not: choose one');
  // A new Secret operator-bootstrap would not be what the account there has.
  if (values.cleanup && env.DATABASE_URL)
    throw new UsageError(
      '--cleanup leaves the database of DATABASE_URL as it is, and makes an operator’s password that is not the one in it: empty it yourself, then use --cleanup-only, then deploy',
    );
  return {
    cluster,
    kubectl: readWords('--kubectl', values.kubectl, 'kubectl'),
    overlay: readText('--overlay', values.overlay, cluster === 'current' ? 'production' : 'kind'),
    ...readReference(values.images, values.tag),
    build: !values['no-build'],
    ...(values.builder !== undefined && { builder: readText('--builder', values.builder, 'docker') }),
    ...(values.cleanup && { cleanup: 'fresh' }),
    ...(values['cleanup-only'] && { cleanup: 'only' }),
    dryRun: values['dry-run'],
    yes: values.yes,
    timeoutSeconds: readSeconds(values.timeout),
    ...readDatabase(env.DATABASE_URL),
  };
};

export const command: Command = {
  usage,
  read(args, env) {
    const options = readDeploy(args, env);
    return async () => (await import('./deploy/deploy-platform.ts')).deployPlatform(options, env);
  },
};

const readWords = (option: string, value: string | undefined, otherwise: string): KubectlCommand => {
  const [first, ...rest] = readText(option, value, otherwise).split(/\s+/).filter(Boolean);
  if (first === undefined) throw new UsageError(`${option} is empty: leave it out for ${otherwise}`);
  return [first, ...rest];
};

const readReference = (registry: string | undefined, tag: string | undefined) => {
  if (registry !== undefined) {
    const problem = imageProblem(`${registry}/orders:v1`);
    if (problem) throw new UsageError(`--images is ${registry}: ${problem}`);
  }
  if (tag === 'latest')
    throw new UsageError('--tag is latest: a tag that moves makes no new revision, name another');
  if (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag))
    throw new UsageError(`--tag is ${tag}: it takes a tag alone, such as v2`);
  return { ...(registry !== undefined && { registry }), ...(tag !== undefined && { tag }) };
};

/** The message never holds the URL: there is a password in it. */
const readDatabase = (url: string | undefined) => {
  if (!url) return {};
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed?.hostname || !/^postgres(ql)?:$/.test(parsed.protocol))
    throw new UsageError('DATABASE_URL is no URL of the form postgres://user:password@host:port/database');
  return { databaseUrl: url };
};

const readSeconds = (value: string | undefined): number => {
  if (value === undefined) return 300;
  if (/^\d+$/.test(value) && Number(value) > 0) return Number(value);
  throw new UsageError(`--timeout is ${value}: it takes seconds`);
};
