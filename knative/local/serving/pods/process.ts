import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from './command.ts';
import { type Exit, StartError } from './failure.ts';
import type { createPodLog } from './log.ts';
import type { Reaper } from './reaper.ts';

/** A pod's process with its group: what it starts ends with it. */
export interface PodProcess {
  readonly pid: number;
  /** Set as soon as the process has ended. */
  readonly exit: Exit | undefined;
  /** Resolves when the process has ended and its last words are read. */
  readonly ended: Promise<Exit>;
  /** To the whole group; nothing where it has ended. */
  signal(signal: NodeJS.Signals): void;
}

/** A grandchild may hold the pipes open for ever; last words come at once. */
const lastWordsMs = 100;

/** Starts it in a group of its own, with this environment only; throws a StartError in Kubernetes' words. */
export const startProcess = async (
  { file, args }: Command,
  { cwd, env }: { cwd: string; env: Record<string, string> },
  {
    reaper,
    output,
    restart,
    onExit,
  }: { reaper: Reaper; output: ReturnType<typeof createPodLog>; restart: number; onExit(): void },
): Promise<PodProcess> => {
  const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const { pid } = child;
  if (pid === undefined) throw await startError(child, file);
  const release = reaper.register(pid, { group: true, signal: 'SIGKILL' });
  output.read(child.stdout, 'stdout', restart);
  output.read(child.stderr, 'stderr', restart);
  let exit: Exit | undefined;

  const signalGroup = (signal: NodeJS.Signals) => {
    try {
      process.kill(-pid, signal);
    } catch (error) {
      // EPERM: on macOS a group of which only the ended leader is left.
      if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  };
  const closed = once(child, 'close');
  const ended = once(child, 'exit').then(async ([code, signal]): Promise<Exit> => {
    exit = { code, signal };
    signalGroup('SIGKILL');
    release();
    onExit();
    await Promise.race([closed, sleep(lastWordsMs)]);
    return exit;
  });

  return {
    pid,
    ended,
    get exit() {
      return exit;
    },
    signal: (signal) => {
      if (!exit) signalGroup(signal);
    },
  };
};

const startError = async (child: ChildProcess, file: string): Promise<StartError> => {
  const [error] = (await once(child, 'error')) as [NodeJS.ErrnoException];
  const why =
    error.code === 'ENOENT' ? 'not found' : error.code === 'EACCES' ? 'not executable' : error.message;
  return new StartError('StartError', `exec: "${file}": ${why}`);
};
