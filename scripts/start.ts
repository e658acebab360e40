import { chmod, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { brokerList } from '../eventing/log/brokers.ts';
import { createRuntime } from '../knative/local/runtime.ts';
import { type Command, readArguments, readHome, readPort, readText, UsageError } from './command.ts';
import { createStartLog } from './start-log.ts';

export interface StartOptions {
  port: number;
  kubePort: number;
  /** 0 is off. */
  directPort: number;
  home: string;
  defaultService: string;
  manifests: string;
  databaseUrl?: string;
  kafkaBrokers?: string[];
}

const usage = `kagari start [-f DIR] [--port 8080] [--home .kagari] [--default-service gateway]
             [--kube-port 16443] [--direct-port 3000]

  -f DIR               manifests: a kustomize base or YAML files (knative/manifests/base)
  --port               ingress                                   KAGARI_PORT
  --kube-port          Kubernetes API                            KAGARI_KUBE_PORT
  --direct-port        the api function by itself, 0 is off      KAGARI_DIRECT_PORT
  --home               everything the runtime keeps              KAGARI_HOME
  --default-service    gets the hosts that match no Service
  DATABASE_URL         a Postgres of your own instead of the embedded one
  KAFKA_BROKERS        host:port,…: events go through this Kafka instead of the embedded log`;

export const readStart = (args: string[], env: NodeJS.ProcessEnv): StartOptions => {
  const { values, positionals } = readArguments(args, {
    file: { type: 'string', short: 'f' },
    port: { type: 'string' },
    'kube-port': { type: 'string' },
    'direct-port': { type: 'string' },
    home: { type: 'string' },
    'default-service': { type: 'string' },
  });
  if (positionals.length > 0)
    throw new UsageError(`start takes no ${positionals[0]}: manifests are named with -f DIR`);
  return {
    port: readPort('--port', values.port ?? env.KAGARI_PORT, 8080, 1),
    kubePort: readPort('--kube-port', values['kube-port'] ?? env.KAGARI_KUBE_PORT, 16443, 1),
    directPort: readPort('--direct-port', values['direct-port'] ?? env.KAGARI_DIRECT_PORT, 3000, 0),
    home: readHome(values.home, env),
    defaultService: readText('--default-service', values['default-service'], 'gateway'),
    manifests: readText('-f', values.file, 'knative/manifests/base'),
    ...(env.DATABASE_URL ? { databaseUrl: env.DATABASE_URL } : {}),
    ...(env.KAFKA_BROKERS ? { kafkaBrokers: readBrokers(env.KAFKA_BROKERS) } : {}),
  };
};

const readBrokers = (text: string): string[] => {
  const { data, error } = brokerList.safeParse(text);
  if (!data) throw new UsageError(`KAFKA_BROKERS is ${text}: it ${error.issues[0]?.message}`);
  return data;
};

export const command: Command = {
  usage,
  read(args, env) {
    const options = readStart(args, env);
    return () => start(options);
  },
};

const root = join(import.meta.dirname, '..');
/** Beyond it the process goes, and what it started with it. */
const stopWithinMs = 4_500;

/** Runs the platform until SIGTERM or SIGINT. */
const start = async (options: StartOptions): Promise<void> => {
  const home = resolve(options.home);
  await makeHome(home);
  const log = createStartLog(join(home, 'runtime.log'));
  const fail = (reason: string) => {
    console.error(`error: ${reason.replaceAll(/\s*\n\s*/g, ' ')}`);
    return end(1);
  };
  const runtime = createRuntime({
    ...options,
    home,
    root,
    path: process.env.PATH ?? '',
    log,
    say: (line) => console.log(line),
    onLost: fail,
  });

  let ending: Promise<void> | undefined;
  const end = (code: number): Promise<void> => {
    ending ??= (async () => {
      const late = setTimeout(() => process.exit(code || 1), stopWithinMs);
      await runtime.stop().catch((err: unknown) => log.error({ err }, 'the stop failed'));
      clearTimeout(late);
      process.exit(code);
    })();
    return ending;
  };
  // Whoever read the output has gone; the platform runs on.
  process.stdout.on('error', () => {});
  process.on('uncaughtException', (err) => {
    // A connection cut by the end itself is no fault.
    if (ending) return log.info({ err }, 'while it ended');
    log.error({ err }, 'a fault of the runtime');
    void fail(
      `the runtime has failed (${err.message}): see ${join(home, 'runtime.log')}, and start it again`,
    );
  });
  process.on('SIGTERM', () => end(0));
  process.on('SIGINT', () => end(0));

  try {
    await runtime.start();
    if (!ending) console.log(`ready: http://localhost:${options.port}`);
  } catch (error) {
    if (!ending) await fail((error as Error).message);
  }
};

/** Its owner's alone; run by root, others may pass through it, since Postgres is another user then. */
const makeHome = async (home: string): Promise<void> => {
  try {
    await mkdir(home, { recursive: true });
    await chmod(home, process.getuid?.() === 0 ? 0o711 : 0o700);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(`${home} cannot be the home (${code}): name another folder with --home`, { cause });
  }
};
