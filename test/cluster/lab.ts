import { execFile } from 'node:child_process';
import { findTool } from '../acceptance/support/tools.ts';

/** The lab cluster's command, where it is on PATH. */
export const cluster = findTool('CLUSTER', 'cluster');

/** A command of the lab's own; rejects with its words. */
export const lab = (...command: string[]): Promise<string> => run(command);

/** A command inside of the lab; rejects with its words. */
export const inLab = (...command: string[]): Promise<string> => run(['exec', '--', ...command]);

/** kubectl inside of the lab; rejects with its words. */
export const kubectl = (args: readonly string[], input?: string): Promise<string> =>
  run(['exec', '--', 'kubectl', ...args], input);

const run = (command: readonly string[], input?: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = execFile(
      cluster ?? 'cluster',
      command,
      { maxBuffer: 64 * 1024 * 1024 },
      (error, out, err) => (error ? reject(new Error(`${command.join(' ')}: ${err}`)) : resolve(out)),
    );
    child.stdin?.end(input);
  });

export const isUp = (): Promise<boolean> =>
  cluster
    ? kubectl(['get', '--raw', '/readyz']).then(
        () => true,
        () => false,
      )
    : Promise.resolve(false);

// biome-ignore lint/suspicious/noExplicitAny: objects of every kind
export const objects = async (resources: string, namespace = 'kagari'): Promise<any[]> =>
  JSON.parse(await kubectl(['get', resources, '-n', namespace, '-o', 'json'])).items;
