import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A program that serves POST / on PORT. */
export interface Peer {
  name: string;
  command: string[];
  cwd: string;
  env?: Record<string, string>;
}

const run = promisify(execFile);
const sources = join(import.meta.dirname, 'peers');
/** Outside of the repository: nothing in it depends on what is here. */
const cache = join(homedir(), '.cache', 'kagari', 'bench-peers');

interface Recipe {
  folder: string;
  name: string;
  install(cwd: string): Promise<unknown>;
  command(cwd: string): string[];
}

const recipes: Recipe[] = [
  {
    folder: 'express',
    name: 'Express + pg',
    install: (cwd) => run('npm', ['install', '--no-audit', '--no-fund'], { cwd }),
    command: (cwd) => [process.execPath, join(cwd, 'server.js')],
  },
  {
    folder: 'fastapi',
    name: 'FastAPI + psycopg',
    install: async (cwd) => {
      await run('python3', ['-m', 'venv', 'venv'], { cwd });
      await run('venv/bin/pip', ['install', '-q', '-r', 'requirements.txt'], { cwd });
    },
    command: (cwd) => [
      join(cwd, 'venv/bin/python'),
      '-c',
      "import os, uvicorn; uvicorn.run('server:app', port=int(os.environ['PORT']), loop='uvloop', http='httptools', log_level='warning', access_log=False)",
    ],
  },
  {
    folder: 'go',
    name: 'Go net/http + pgx',
    install: async (cwd) => {
      await run('go', ['mod', 'download'], { cwd });
      await run('go', ['build', '-mod=mod', '-o', 'server', '.'], { cwd });
    },
    command: (cwd) => [join(cwd, 'server')],
  },
];

/** Installs what is not installed yet, from the registries that npm, pip and go are set to; again where a source changed. */
export const preparePeers = async (): Promise<Peer[]> => {
  const peers: Peer[] = [];
  for (const { folder, name, install, command } of recipes) {
    const from = join(sources, folder);
    const cwd = join(cache, `${folder}-${await digestOf(from)}`);
    const done = join(cwd, '.installed');
    if (!(await stat(done).catch(() => undefined))) {
      console.error(`installing ${name} in ${cwd}`);
      await rm(cwd, { recursive: true, force: true });
      await mkdir(cwd, { recursive: true });
      await cp(from, cwd, { recursive: true });
      await install(cwd);
      await writeFile(done, '');
    }
    peers.push({ name, cwd, command: command(cwd) });
  }
  return peers;
};

const digestOf = async (folder: string): Promise<string> => {
  const hash = createHash('sha256').update(process.version);
  for (const file of (await readdir(folder)).sort())
    hash.update(file).update(await readFile(join(folder, file)));
  return hash.digest('hex').slice(0, 12);
};
