import { chmod, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createRuntime } from '../knative/local/runtime.ts';
import type { StartOptions } from './command-line.ts';
import { createStartLog } from './start-log.ts';

const root = join(import.meta.dirname, '..');
/** Beyond it the process goes, and what it started with it. */
const stopWithinMs = 4_500;

/** Runs the platform until SIGTERM or SIGINT. */
export const start = async (options: StartOptions): Promise<void> => {
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
  process.on('uncaughtException', (err) => {
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
  await mkdir(home, { recursive: true });
  await chmod(home, process.getuid?.() === 0 ? 0o711 : 0o700);
};
