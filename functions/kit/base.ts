import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BaseConfig } from './config.ts';
import type { Check } from './health.ts';
import { createLog, type Log } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createVerifier, keysInFile, type Verify } from './verify.ts';

/** What createFunction needs of its surroundings. */
export interface Base {
  service: string;
  revision: string;
  version: string;
  log: Log;
  metrics: Metrics;
  /** Absent: the function has no operation that needs a bearer. */
  verify?: Verify;
  /** Dependencies that /health asks, by name. */
  checks: Record<string, Check>;
  /** More members for /health, whatever its checks say: it answers without what is away, and soon. */
  moreHealth?: () => Promise<Record<string, unknown>>;
  /** The OpenAPI document made at build time, as JSON text; undefined where there is none. */
  openapi: () => Promise<string | undefined>;
  /** Set by serve on SIGTERM. */
  life: { stopping: boolean };
}

export interface BaseOptions {
  /** The function's own name, `orders`. */
  name: string;
  config: BaseConfig & { JWKS_FILE?: string };
  /** The image folder, `import.meta.dirname`: openapi.json stands there. */
  folder: string;
  checks?: Record<string, Check>;
  moreHealth?: () => Promise<Record<string, unknown>>;
}

export const createBase = ({ name, config, folder, checks = {}, moreHealth }: BaseOptions): Base => {
  const service = config.K_SERVICE ?? name;
  const revision = config.K_REVISION ?? 'none';
  return {
    service,
    revision,
    version: config.VERSION,
    log: createLog({ service, revision, level: config.LOG_LEVEL }),
    metrics: createMetrics({ service, revision }),
    ...(config.JWKS_FILE && { verify: createVerifier({ keys: keysInFile(config.JWKS_FILE) }) }),
    checks,
    ...(moreHealth && { moreHealth }),
    openapi: () => readFile(join(folder, 'openapi.json'), 'utf8').catch(() => undefined),
    life: { stopping: false },
  };
};
