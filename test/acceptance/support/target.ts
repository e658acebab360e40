import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, newHome, type Platform, removeHome, startPlatform } from '../../support/platform.ts';

/** A platform as it is known from outside. */
export interface Target {
  kubeconfig: string;
  /** `http://localhost:8080` */
  ingress: string;
  /** Of public Services: NAME.kagari.DOMAIN. */
  domain: string;
  /** The token that only reads; a cluster has none. */
  consoleToken?: string;
}

/** What not every platform serves. */
export interface Served {
  kafkaSources: boolean;
  /** For `kubectl top`. */
  metrics: boolean;
}

/** The platform that the environment names, or a local one. */
export const openTarget = async (): Promise<Target & { stop(): Promise<void> }> => {
  const { ACCEPTANCE_KUBECONFIG: kubeconfig, ACCEPTANCE_INGRESS: ingress } = process.env;
  const { ACCEPTANCE_DOMAIN: domain } = process.env;
  if (kubeconfig && ingress && domain) return { kubeconfig, ingress, domain, stop: async () => {} };
  if (kubeconfig || ingress || domain)
    throw new Error('set all of ACCEPTANCE_KUBECONFIG, ACCEPTANCE_INGRESS, ACCEPTANCE_DOMAIN, or none');
  return startLocally();
};

export type LocalTarget = Target & {
  /** Ends the platform by this signal and starts it again. */
  startAgainAfter(signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
};

/** A local platform of one's own. */
export const startLocally = async (): Promise<LocalTarget> => {
  const { KAFKA_BROKERS } = process.env;
  const settings = {
    ...(KAFKA_BROKERS && { env: { KAFKA_BROKERS } }),
    home: await newHome(),
    port: await freePort(),
    kubePort: await freePort(),
    directPort: 0,
  };
  let platform: Platform = await startPlatform(settings);
  return {
    kubeconfig: join(settings.home, 'kubeconfig'),
    ingress: `http://localhost:${settings.port}`,
    domain: 'localhost',
    consoleToken: (await readFile(join(settings.home, 'kube/console.token'), 'utf8')).trim(),
    async startAgainAfter(signal) {
      await platform.end(signal);
      platform = await startPlatform(settings);
    },
    async stop() {
      const { exitCode, signalCode } = platform.process;
      if (exitCode !== null || signalCode !== null)
        console.error(`the platform had ended before (${exitCode ?? signalCode}):\n${platform.stderr()}`);
      await platform.end('SIGTERM');
      await removeHome(settings.home);
    },
  };
};
