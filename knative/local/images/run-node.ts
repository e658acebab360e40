import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** Runs a script in a Node of its own, with nothing inherited but PATH; answers its stdout, throws with its stderr. */
export const runNode = async (cwd: string, args: readonly string[]): Promise<string> => {
  const child = spawn(process.execPath, args, { cwd, env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((done, fail) => child.on('error', fail).on('close', done));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(err.trim() || `${args[0]} ended with ${code}`);
  return out;
};
