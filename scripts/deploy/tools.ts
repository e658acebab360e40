import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface RunOptions {
  /** Goes to its stdin; what is secret goes this way only. */
  input?: string;
  cwd?: string;
}

/** The programs of this machine, run without a shell. */
export interface Tools {
  /** The file of a program on PATH, or of one named by its path. */
  find(program: string): string | undefined;
  /** Its stdout; throws CommandFailed, or the reason why it was stopped. */
  run(program: string, args: readonly string[], options?: RunOptions): Promise<string>;
}

export class CommandFailed extends Error {
  readonly program: string;
  readonly stderr: string;

  constructor(program: string, args: readonly string[], code: number | null, stderr: string) {
    super(`${[program, ...args].join(' ')} ended with ${code}: ${lastLine(stderr)}`);
    this.program = program;
    this.stderr = stderr;
  }
}

export const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

export interface ToolSettings {
  env: NodeJS.ProcessEnv;
  /** Ends what runs. */
  signal: AbortSignal;
}

export const createTools = ({ env, signal }: ToolSettings): Tools => {
  // No program needs it, and a build or a plugin might tell it.
  const { DATABASE_URL: _, ...handedOn } = env;
  return {
    find: (program) =>
      (program.includes('/')
        ? [program]
        : (env.PATH ?? '').split(delimiter).map((folder) => join(folder, program))
      ).find(isProgram),
    run(program, args, { input, cwd } = {}) {
      signal.throwIfAborted();
      return new Promise((resolve, reject) => {
        // A group of its own: Ctrl-C reaches us alone, and we end it with all that it started.
        const child = spawn(program, args, { cwd, env: handedOn, detached: true, stdio: 'pipe' });
        const [out, err]: Buffer[][] = [[], []];
        child.stdout.on('data', (chunk) => out?.push(chunk));
        child.stderr.on('data', (chunk) => err?.push(chunk));
        // It may end before it has read all.
        child.stdin.on('error', () => {});
        child.stdin.end(input);
        const stop = () => endGroup(child.pid);
        signal.addEventListener('abort', stop, { once: true });
        child.on('error', (cause) => {
          signal.removeEventListener('abort', stop);
          reject(new Error(`${program} cannot be run: ${cause.message}`, { cause }));
        });
        child.on('close', (code) => {
          signal.removeEventListener('abort', stop);
          if (signal.aborted) reject(signal.reason);
          else if (code === 0) resolve(Buffer.concat(out ?? []).toString());
          else reject(new CommandFailed(program, args, code, Buffer.concat(err ?? []).toString()));
        });
      });
    },
  };
};

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};

const endGroup = (pid: number | undefined): void => {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended.
  }
};
