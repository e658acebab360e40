import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { lastLine } from '../deploy/tools.ts';

const script = join(import.meta.dirname, '../kagari.js');

export interface Said {
  code: number;
  /** Of --json; absent where it had nothing to say but an error. */
  // biome-ignore lint/suspicious/noExplicitAny: as its subcommand has it
  json?: any;
  error: string;
}

/** `kagari ARGS --json` as a process of its own. SIGINT and SIGTERM go on to it, and it is waited for. */
export const kagari = async (...args: string[]): Promise<Said> => {
  const child = spawn(process.execPath, [script, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const hand = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, hand);
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 1));
    });
    const [code, out, error] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    const said = lastLine(out);
    return {
      code,
      ...(said.startsWith('{') && { json: JSON.parse(said) }),
      error: lastLine(error).replace(/^error: /, ''),
    };
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, hand);
  }
};
