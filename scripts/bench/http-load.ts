// Loads one address over raw connections, each with one request at a time, and prints what it saw as JSON.
// By itself in a process: node scripts/bench/http-load.ts PORT HOST CONNECTIONS SECONDS
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Load {
  port: number;
  host: string;
  connections: number;
  seconds: number;
}

export interface Seen {
  perSecond: number;
  p50: number;
  p99: number;
  /** Answers that were not 200, and connections that broke. */
  failed: number;
}

/** Runs it in a process of its own: the load must not share a core's time with what it measures more than it has to. */
export const load = async ({ port, host, connections, seconds }: Load): Promise<Seen> => {
  const args = [import.meta.filename, port, host, connections, seconds].map(String);
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(await text(child.stdout));
};

const run = async ({ port, host, connections, seconds }: Load): Promise<Seen> => {
  const request = Buffer.from(`GET /?name=bench HTTP/1.1\r\nHost: ${host}\r\nAccept: */*\r\n\r\n`);
  const times: number[] = [];
  let failed = 0;
  const end = performance.now() + seconds * 1000;
  const caller = () =>
    new Promise<void>((done) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      let began = 0;
      let left = 0;
      const next = () => {
        began = performance.now();
        if (began > end) return socket.destroy();
        socket.write(request);
      };
      socket.on('connect', next);
      socket.on('data', (data) => {
        if (left === 0) {
          const head = data.indexOf('\r\n\r\n') + 4;
          const fields = data.toString('latin1', 0, head);
          if (!fields.startsWith('HTTP/1.1 200')) failed++;
          left = head + Number(/content-length: (\d+)/i.exec(fields)?.[1] ?? 0);
        }
        left -= data.length;
        if (left > 0) return;
        left = 0;
        times.push(performance.now() - began);
        next();
      });
      socket.on('error', () => failed++);
      socket.on('close', () => done());
    });
  await Promise.all(Array.from({ length: connections }, caller));
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor(times.length * part)] ?? Number.NaN;
  return { perSecond: Math.round(times.length / seconds), p50: at(0.5), p99: at(0.99), failed };
};

if (import.meta.main) {
  const [port, host = '', connections, seconds] = process.argv.slice(2);
  const seen = await run({
    port: Number(port),
    host,
    connections: Number(connections),
    seconds: Number(seconds),
  });
  process.stdout.write(JSON.stringify(seen));
}
