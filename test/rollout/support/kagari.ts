import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

export interface Said {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The command line in a process of its own, with what it says so far and a way to kill it. */
export const startKagari = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
  const child = spawn(process.execPath, [join(root, 'scripts/kagari.js'), ...args], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += chunk));
  child.stderr.on('data', (chunk) => (output.stderr += chunk));
  const said = new Promise<Said>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
  return { said, output, kill: (signal: NodeJS.Signals) => child.kill(signal) };
};
