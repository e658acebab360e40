import { type Command, UsageError } from './command.ts';

/** What is to be done, or what is to be said instead. */
export type CommandLine = { run(): Promise<void> } | { text: string; exitCode: 0 | 2 };

const commands: Record<string, () => Promise<{ command: Command }>> = {
  start: () => import('./start.ts'),
  build: () => import('./build.ts'),
  image: () => import('./image.ts'),
  prune: () => import('./prune.ts'),
  deploy: () => import('./deploy.ts'),
  keys: () => import('./keys.ts'),
  rollout: () => import('./rollout.ts'),
  rollback: () => import('./rollback.ts'),
};

const overview = `kagari start                 runs the platform, or your own manifests with -f DIR
kagari build <function>      builds a function's image
kagari image import DIR      takes any program in as an image
kagari image list            lists the images
kagari prune                 removes images that nothing names
kagari deploy -c CLUSTER     brings the platform to a cluster: kind, minikube, or the current context
kagari keys rotate           gives auth a new key to sign tokens with, refusing none meanwhile
kagari rollout FUNCTION      gives a new image traffic step by step, compares, promotes it or rolls back
kagari rollback FUNCTION     gives all traffic to the revision before

kagari <command> --help lists its options.`;

/** The command line and its environment as what is to be done; a bad one as `error: …` with exit code 2. */
export const parseCommandLine = async (args: string[], env: NodeJS.ProcessEnv): Promise<CommandLine> => {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h') return { text: overview, exitCode: 0 };
  if (name === undefined) return refuse(`name a command: ${Object.keys(commands).join(', ')}`, 'start');
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    const what = name.startsWith('-') ? `name a command before ${name}` : `there is no command ${name}`;
    return refuse(`${what}: there are ${Object.keys(commands).join(', ')}`, 'start');
  }
  const { command } = await load();
  if (rest.includes('--help') || rest.includes('-h')) return { text: command.usage, exitCode: 0 };
  try {
    return { run: command.read(rest, env) };
  } catch (error) {
    if (error instanceof UsageError) return refuse(error.message, name);
    throw error;
  }
};

const refuse = (why: string, command: string): CommandLine => ({
  text: `error: ${why} (kagari ${command} --help lists the options)`,
  exitCode: 2,
});
