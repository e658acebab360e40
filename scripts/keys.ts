import { expiresIn, rereadMs } from '../functions/auth/access-token.ts';
import { type Command, readArguments, readHome, readText, UsageError } from './command.ts';
import { createKubectl } from './deploy/kubectl.ts';
import { createTools } from './deploy/tools.ts';
import { type KeyKeeper, keeperInCluster, keeperInHome } from './keys/keeper.ts';
import { rotateKeys } from './keys/rotate.ts';
import { type KeyState, readState } from './keys/state.ts';
import { openKube } from './kube.ts';

const usage = `kagari keys rotate [--home .kagari | --context NAME] [--wait SECONDS]
kagari keys retire [--home .kagari | --context NAME]
kagari keys list   [--home .kagari | --context NAME]

rotate gives auth a new key to sign tokens with, in steps that refuse no token: publishes it, waits until every function
can know it, signs with it. The key before stays published as long as its tokens live; the next rotate, or retire, removes
it after that. What was interrupted goes on with the same command.

  --home               of the running platform                   KAGARI_HOME
  --context            of the kubeconfig: a cluster, by kubectl
  --kubectl            the command that kubectl is (kubectl)
  --wait               seconds until a published key is everywhere (5; 120 on a cluster, whose kubelets take a minute)`;

const verbs = ['rotate', 'retire', 'list'] as const;

export interface KeysOptions {
  verb: (typeof verbs)[number];
  where: { home: string } | { context: string; kubectl: [string, ...string[]] };
  waitSeconds: number;
}

export const readKeys = ([name, ...args]: string[], env: NodeJS.ProcessEnv): KeysOptions => {
  const verb = verbs.find((one) => one === name);
  if (!verb)
    throw new UsageError(`${name ? `there is no keys ${name}` : 'keys what'}: there are ${verbs.join(', ')}`);
  const { values, positionals } = readArguments(args, {
    home: { type: 'string' },
    context: { type: 'string' },
    kubectl: { type: 'string' },
    wait: { type: 'string' },
  });
  if (positionals.length > 0) throw new UsageError(`keys ${verb} takes no ${positionals[0]}`);
  if (values.home !== undefined && values.context !== undefined)
    throw new UsageError('--home and --context exclude each other');
  if (values.wait !== undefined && !/^\d{1,5}$/.test(values.wait))
    throw new UsageError(`--wait is ${values.wait}: it takes seconds`);
  const words = readText('--kubectl', values.kubectl, 'kubectl').split(/\s+/) as [string, ...string[]];
  const context = values.context === undefined ? undefined : readText('--context', values.context, '--home');
  return {
    verb,
    where: context === undefined ? { home: readHome(values.home, env) } : { context, kubectl: words },
    waitSeconds: values.wait === undefined ? (context === undefined ? 5 : 120) : Number(values.wait),
  };
};

export const command: Command = {
  usage,
  read(args, env) {
    const options = readKeys(args, env);
    return () => work(options, env);
  },
};

/** For clocks that differ. */
const marginMs = 60_000;

const work = async ({ verb, where, waitSeconds }: KeysOptions, env: NodeJS.ProcessEnv): Promise<void> => {
  const { keeper, close } = await open(where, env);
  try {
    if (verb === 'list') return print(await readState(await keeper.read()));
    const waitMs = waitSeconds * 1000;
    const retireAfterMs = waitMs + rereadMs + expiresIn * 1000 + marginMs;
    const say = (line: string) => console.log(line);
    print(await rotateKeys({ keeper, begin: verb === 'rotate', waitMs, retireAfterMs, say }));
  } finally {
    close();
  }
};

const open = async (
  where: KeysOptions['where'],
  env: NodeJS.ProcessEnv,
): Promise<{ keeper: KeyKeeper; close(): void }> => {
  if ('context' in where) {
    const tools = createTools({ env, signal: new AbortController().signal });
    const kubectl = createKubectl(tools, where.kubectl, where.context);
    return { keeper: keeperInCluster(kubectl), close: () => {} };
  }
  const kube = await openKube(where.home);
  if (!kube)
    throw new Error(`there is no platform in ${where.home}: start it, or name its home or a context`);
  return { keeper: keeperInHome(kube), close: kube.close };
};

const print = ({ signing, next, published, marks }: KeyState): void => {
  for (const { kid = '' } of published) {
    const retire = marks.retire[kid];
    const state =
      kid === signing.kid
        ? 'signs'
        : kid === next?.key.kid
          ? 'is next'
          : retire
            ? `goes after ${retire}`
            : 'signed before';
    console.log(`${kid}   ${state}`);
  }
};
