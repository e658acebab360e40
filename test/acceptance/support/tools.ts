import { type ChildProcess, execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Outcome {
  code: number;
  out: string;
  err: string;
}

export interface Started {
  printed(): string;
  ended: Promise<Outcome>;
}

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** A program that a variable names, or that is on PATH. */
export const findTool = (variable: string, program: string): string | undefined =>
  [
    process.env[variable],
    ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program)),
  ].find((path) => path !== undefined && path !== '' && isProgram(path));

export const kn = findTool('KN', 'kn');
export const kubectl = findTool('KUBECTL', 'kubectl');

/** For the name of what is skipped where a tool is not there. */
export const unless = (tool: string | undefined, variable: string): string =>
  tool ? '' : ` (skipped: not on PATH, nor named by ${variable})`;

/** A tool as a user calls it: `run('service list')`; words in single quotes stay together. */
export const createTool = (program: string, settings: { kubeconfig: string; home: string }) => {
  const start = (line: string): Started => {
    const { PATH } = process.env;
    const env = { PATH, HOME: settings.home, KUBECONFIG: settings.kubeconfig };
    let printed = '';
    let child: ChildProcess | undefined;
    const ended = new Promise<Outcome>((resolve) => {
      child = execFile(
        program,
        words(line),
        { env, cwd: settings.home, timeout: 100_000, maxBuffer: 16 * 1024 * 1024 },
        (error, out, err) => resolve({ code: error ? Number(error.code ?? 1) : 0, out, err }),
      );
    });
    child?.stdout?.on('data', (chunk) => {
      printed += chunk;
    });
    return { printed: () => printed, ended };
  };
  const run = (line: string): Promise<Outcome> => start(line).ended;
  return {
    start,
    run,
    /** What it prints; throws unless it ends well. */
    async good(line: string): Promise<string> {
      const { code, out, err } = await run(line);
      if (code !== 0) throw new Error(`${line} ended with ${code}: ${err}${out}`);
      return out;
    },
    /** What it complains of; throws where it ends well. */
    async bad(line: string): Promise<string> {
      const { code, out, err } = await run(line);
      if (code === 0) throw new Error(`${line} should have failed: ${out}`);
      return err + out;
    },
  };
};

const words = (line: string): string[] =>
  line.match(/(?:'[^']*'|[^\s'])+/g)?.map((word) => word.replaceAll("'", '')) ?? [];

/** The cells of a printed table's line that begins with this name. */
export const row = (printed: string, name: string): string[] =>
  printed
    .split('\n')
    .find((line) => line.split(/\s+/)[0] === name)
    ?.split(/\s{2,}/)
    .map((cell) => cell.trim()) ?? [];
