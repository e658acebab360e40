import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Binaries } from './binaries.ts';
import { cleanEnvironment } from './cluster.ts';
import { readPostmaster } from './orphan.ts';
import type { Account } from './place.ts';
import { keptPort } from './port.ts';
import { serverArguments } from './settings.ts';

export interface ServerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Server {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

interface Launch {
  dataDir: string;
  binaries: Binaries;
  account: Account | undefined;
  settings: Record<string, string>;
  logFile: string;
  portFile: string;
  /** The process has ended, wanted or not. */
  onGone: () => Promise<void>;
  /** The process ended and nobody had asked it to. */
  onDeath: (exit: ServerExit) => void;
}

/** Recovery after a crash replays at most max_wal_size: seconds, a minute on a slow disk. */
const startBoundMs = 60_000;
/** How long the backends of a killed server may hold its memory and port. */
const leftoversMs = 10_000;
const fastStopMs = 3000;

/** Starts the server and waits until it takes connections. */
export async function launchServer(launch: Launch): Promise<Server> {
  const begun = Date.now();
  for (;;) {
    const port = await keptPort(launch.portFile);
    const logged = await stat(launch.logFile).then(
      (found) => found.size,
      () => 0,
    );
    const child = await spawnServer(launch, port);
    if (await becomesReady(child, launch.dataDir)) return supervise(child, port, launch);
    const complaint = await textFrom(launch.logFile, logged);
    const passing =
      /pre-existing shared memory|lock file ".*" already exists|could not bind|Address already in use/;
    if (!passing.test(complaint) || Date.now() - begun > leftoversMs) {
      const reason = complaint.trim().replaceAll(/\s*\n\s*/g, ' ') || `see ${launch.logFile}`;
      throw new Error(`Postgres does not start: ${reason}`);
    }
    await sleep(50);
  }
}

async function spawnServer(launch: Launch, port: number): Promise<ChildProcess> {
  // Its log is a file and not a pipe: it outlives a launcher that is killed.
  const log = await open(launch.logFile, 'a', 0o600);
  try {
    const child = spawn(
      launch.binaries.postgres,
      ['-D', launch.dataDir, ...serverArguments(port, launch.settings)],
      {
        ...launch.account,
        cwd: '/',
        env: cleanEnvironment,
        // A group of its own: Ctrl-C at the terminal is for the runtime, which stops the server last.
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
      },
    );
    await once(child, 'spawn');
    return child;
  } finally {
    await log.close();
  }
}

async function becomesReady(child: ChildProcess, dataDir: string): Promise<boolean> {
  const deadline = Date.now() + startBoundMs;
  while (hasNotEnded(child)) {
    const postmaster = await readPostmaster(dataDir);
    if (postmaster?.pid === child.pid && postmaster?.ready) return true;
    if (Date.now() > deadline) {
      child.kill('SIGQUIT');
      throw new Error(`Postgres is not ready within ${startBoundMs / 1000} s`);
    }
    await sleep(5);
  }
  return false;
}

function supervise(child: ChildProcess, port: number, { onGone, onDeath }: Launch): Server {
  let stopping = false;
  const gone = new Promise<void>((resolve) => {
    const settle = async (code: number | null, signal: NodeJS.Signals | null) => {
      await onGone();
      resolve();
      if (!stopping) onDeath({ code, signal });
    };
    if (hasNotEnded(child)) child.once('exit', settle);
    else settle(child.exitCode, child.signalCode);
  });
  const stop = async () => {
    stopping = true;
    child.kill('SIGINT');
    // Immediate shutdown loses nothing: the next start replays the log.
    const impatience = setTimeout(() => child.kill('SIGQUIT'), fastStopMs);
    const lastResort = setTimeout(() => child.kill('SIGKILL'), fastStopMs + 1000);
    await gone;
    clearTimeout(impatience);
    clearTimeout(lastResort);
  };
  return { port, pid: child.pid as number, stop };
}

function hasNotEnded(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

async function textFrom(file: string, position: number): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const { buffer } = await handle.read(
      Buffer.alloc(Math.min(size - position, 4096)),
      0,
      undefined,
      position,
    );
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}
