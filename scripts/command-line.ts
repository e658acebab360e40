import { parseArgs } from 'node:util';

export interface StartOptions {
  port: number;
  kubePort: number;
  /** 0 is off. */
  directPort: number;
  home: string;
  defaultService: string;
  manifests: string;
  databaseUrl?: string;
  kafkaBrokers?: string;
}

export type CommandLine = { start: StartOptions } | { usage: string; exitCode: 0 | 2 };

const usage = `kagari start [-f DIR] [--port 8080] [--home .kagari] [--default-service gateway]
             [--kube-port 16443] [--direct-port 3000]

  -f DIR               manifests: a kustomize base or YAML files (knative/manifests/base)
  --port               ingress                                   KAGARI_PORT
  --kube-port          Kubernetes API                            KAGARI_KUBE_PORT
  --direct-port        the api function by itself, 0 is off      KAGARI_DIRECT_PORT
  --home               everything the runtime keeps              KAGARI_HOME
  --default-service    gets the hosts that match no Service
  DATABASE_URL         a Postgres of your own instead of the embedded one`;

const options = {
  file: { type: 'string', short: 'f' },
  port: { type: 'string' },
  'kube-port': { type: 'string' },
  'direct-port': { type: 'string' },
  home: { type: 'string' },
  'default-service': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** The command line and its environment as options; a bad one as `error: …` with exit code 2. */
export const parseCommandLine = (args: string[], env: NodeJS.ProcessEnv): CommandLine => {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (values.help) return { usage, exitCode: 0 };
    const [command, ...rest] = positionals;
    if (command === undefined) return refuse('name a command: kagari start');
    if (command !== 'start') return refuse(`there is no command ${command}: kagari start`);
    if (rest.length > 0) return refuse(`start takes no ${rest[0]}: manifests are named with -f DIR`);
    return {
      start: {
        port: port('--port', values.port ?? env.KAGARI_PORT, 8080, 1),
        kubePort: port('--kube-port', values['kube-port'] ?? env.KAGARI_KUBE_PORT, 16443, 1),
        directPort: port('--direct-port', values['direct-port'] ?? env.KAGARI_DIRECT_PORT, 3000, 0),
        home: filled('--home', values.home ?? env.KAGARI_HOME, '.kagari'),
        defaultService: filled('--default-service', values['default-service'], 'gateway'),
        manifests: filled('-f', values.file, 'knative/manifests/base'),
        ...(env.DATABASE_URL ? { databaseUrl: env.DATABASE_URL } : {}),
        ...(env.KAFKA_BROKERS ? { kafkaBrokers: env.KAFKA_BROKERS } : {}),
      },
    };
  } catch (error) {
    return refuse((error as Error).message.split('. To specify')[0] ?? '');
  }
};

const refuse = (why: string): CommandLine => ({
  usage: `error: ${why} (kagari start --help lists the options)`,
  exitCode: 2,
});

const port = (option: string, value: string | undefined, otherwise: number, least: number): number => {
  if (value === undefined || value === '') return otherwise;
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= 65535) return number;
  throw new Error(`${option} is ${value}: it takes a port from ${least} to 65535`);
};

const filled = (option: string, value: string | undefined, otherwise: string): string => {
  if (value === '') throw new Error(`${option} is empty: leave it out for ${otherwise}`);
  return value ?? otherwise;
};
