import { imageProblem } from '../knative/local/admission/serving/image-reference.ts';
import { type Command, readArguments, readText, UsageError } from './command.ts';
import { readFraction, readNumber, readSeconds, readSteps } from './rollout/numbers.ts';
import { type RolloutOptions, verbs } from './rollout/options.ts';
import { placeOptions, readPlace } from './rollout/place.ts';
import type { Settings } from './rollout/record.ts';
import { defaultSteps } from './rollout/steps.ts';

const usage = `kagari rollout FUNCTION --image REFERENCE [--strategy canary|blue-green] [--steps ${defaultSteps.join(',')}] [--interval 30s]
               [--max-error-rate 1%] [--max-p99 500ms] [--min-requests 50] [--probe /path] [--by-key] [--dry-run] [--json]
kagari rollout status|pause|resume|abort FUNCTION [--json]

Makes a revision of the image at 0%, checks it, gives it traffic step by step, compares it with the stable one in each step,
and promotes it or rolls back, and says why. What is not certain it holds. What was interrupted goes on with resume.
Exit code: 0 promoted, 1 rolled back or aborted, 3 held.

  --image              of the candidate
  --strategy           canary, or blue-green: as many pods as the stable one has, then all traffic at once (canary)
  --steps              percent of the traffic, rising (${defaultSteps.join(',')})
  --interval           the least time of a step (30s)
  --patience           how much longer a step may go on without a verdict before it is held (10m)
  --max-error-rate     no more of the candidate's requests may fail, whatever the stable one does
  --max-p99            99 of 100 of its requests are answered within this time, whatever the stable one does
  --min-requests       of the candidate's in each step (50)
  --probe              makes traffic of its own: GET this path
  --by-key             share out events by their partitionkey, not by chance: all of a key at one side; requests stay where they are
  --dry-run            say what would be written, and change nothing
  --json               one object on stdout, at the end
  --home               of the running platform                   KAGARI_HOME
  --context            of the kubeconfig: a cluster, by kubectl
  --kubectl            the command that kubectl is (kubectl)
  --namespace          (kagari)
  --prometheus         a URL, or NAMESPACE/SERVICE:PORT in the cluster; without it the local runtime's own figures`;

export const readRollout = (args: string[], env: NodeJS.ProcessEnv): RolloutOptions => {
  const { values, positionals } = readArguments(args, {
    ...placeOptions,
    image: { type: 'string' },
    strategy: { type: 'string' },
    steps: { type: 'string' },
    interval: { type: 'string' },
    patience: { type: 'string' },
    'max-error-rate': { type: 'string' },
    'max-p99': { type: 'string' },
    'min-requests': { type: 'string' },
    probe: { type: 'string' },
    'by-key': { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  });
  const verb = verbs.find((one) => one === positionals[0]);
  const [name, more] = verb ? positionals.slice(1) : positionals;
  if (!name) throw new UsageError(`rollout ${verb ?? ''} takes a function's name`.replace('  ', ' '));
  if (more !== undefined) throw new UsageError(`rollout takes one function, not ${more}, too`);
  const common = { name, place: readPlace(values, env), json: values.json };
  if (verb) {
    const { image, steps, strategy, 'dry-run': dryRun, 'by-key': byKey } = values;
    if (image || steps || strategy || dryRun || byKey)
      throw new UsageError(`rollout ${verb} takes none of a new rollout's options`);
    return { ...common, verb };
  }
  const image = values.image;
  if (!image) throw new UsageError('--image is missing: what the candidate runs');
  const problem = imageProblem(image);
  if (problem) throw new UsageError(`--image: ${problem}`);
  const strategy = values.strategy ?? 'canary';
  if (strategy !== 'canary' && strategy !== 'blue-green')
    throw new UsageError(`--strategy is ${strategy}: it takes canary or blue-green`);
  if (strategy === 'blue-green' && values.steps !== undefined)
    throw new UsageError('--steps: blue-green moves all traffic at once');
  if (values.probe !== undefined && !/^\/[\x21-\x7e]*$/.test(values.probe))
    throw new UsageError(`--probe is ${values.probe}: it takes a path, such as /catalog`);
  if (values['by-key'] && (strategy === 'blue-green' || values.probe !== undefined))
    throw new UsageError('--by-key shares out events step by step: not with blue-green, nor with --probe');
  const optional = {
    maxErrorRate: readFraction('--max-error-rate', values['max-error-rate']),
    maxP99: readSeconds('--max-p99', values['max-p99']),
    probe: values.probe,
    ...(values['by-key'] && { byKey: true as const }),
  };
  const settings: Settings = {
    strategy,
    steps: strategy === 'blue-green' ? [100] : readSteps(values.steps),
    intervalSeconds: readSeconds('--interval', values.interval) ?? 30,
    patienceSeconds: readSeconds('--patience', values.patience) ?? 600,
    minRequests: readNumber('--min-requests', readText('--min-requests', values['min-requests'], '50')),
    ...optional,
  };
  return { ...common, verb: 'begin', image, settings, dryRun: values['dry-run'] };
};

export const command: Command = {
  usage,
  read(args, env) {
    const options = readRollout(args, env);
    return async () => (await import('./rollout/run.ts')).runRollout(options, env);
  },
};
