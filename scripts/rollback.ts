import { type Command, readArguments, UsageError } from './command.ts';
import type { RollbackOptions } from './rollout/options.ts';
import { placeOptions, readPlace } from './rollout/place.ts';

const usage = `kagari rollback FUNCTION [--to REVISION] [--json]

Gives all traffic to the revision before, in one write: of a rollout under way, or of the last one, its stable one; else
the newest ready revision before the one that gets it now. It stays there until the next rollout.

  --to                 this revision
  --json               one object on stdout
  --home               of the running platform                   KAGARI_HOME
  --context            of the kubeconfig: a cluster, by kubectl
  --kubectl            the command that kubectl is (kubectl)
  --namespace          (kagari)`;

export const readRollback = (args: string[], env: NodeJS.ProcessEnv): RollbackOptions => {
  const { prometheus: _, ...where } = placeOptions;
  const { values, positionals } = readArguments(args, {
    ...where,
    to: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  const [name, more] = positionals;
  if (!name) throw new UsageError("rollback takes a function's name");
  if (more !== undefined) throw new UsageError(`rollback takes one function, not ${more}, too`);
  if (values.to === '') throw new UsageError('--to is empty: it takes a revision');
  return { name, json: values.json, place: readPlace(values, env), ...(values.to && { to: values.to }) };
};

export const command: Command = {
  usage,
  read(args, env) {
    const options = readRollback(args, env);
    return async () => (await import('./rollout/roll-back.ts')).runRollback(options, env);
  },
};
