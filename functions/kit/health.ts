import { outageOf } from './outage.ts';

/** Resolves when the dependency serves; rejects with the reason. */
export type Check = () => Promise<void>;

export interface Health {
  status: 'ok' | 'unavailable' | 'stopping';
  /** A word for each dependency: `ok`, or why it does not serve. */
  checks: Record<string, string>;
}

const checkMs = 2_000;

/** Asks every dependency at once, each bounded in time. */
export const checkHealth = async (checks: Record<string, Check>, stopping: boolean): Promise<Health> => {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await outcome(check)] as const),
  );
  const healthy = results.every(([, word]) => word === 'ok');
  return {
    status: stopping ? 'stopping' : healthy ? 'ok' : 'unavailable',
    checks: Object.fromEntries(results),
  };
};

const outcome = async (check: Check): Promise<string> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${checkMs} ms`), checkMs);
  });
  const asked = check().then(
    () => 'ok',
    (error: unknown) => outageOf(error) ?? 'failing',
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
};
