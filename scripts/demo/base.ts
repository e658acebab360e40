import { readPort } from '../command.ts';

/** Where the platform's ingress is; throws a UsageError. */
export const readBase = (env: NodeJS.ProcessEnv): string =>
  `http://localhost:${readPort('KAGARI_PORT', env.KAGARI_PORT, 8080, 1)}`;
