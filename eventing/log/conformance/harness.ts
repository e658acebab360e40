import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Consumer, EventLog, LogRecord, Subscription } from '../port.ts';

export interface LogUnderTest {
  /** Module, exported function and its argument (JSON) that make a client: some members run in processes of their own. */
  module: URL;
  create: string;
  options: unknown;
  end(): Promise<void>;
}

export interface Timings {
  /** How long anything that must happen may take: joins, hand-overs, a dead member's lease. */
  patienceMs: number;
  /** How long to look whether something that must not happen does. */
  settleMs: number;
}

export interface Harness extends Timings {
  use(log: LogUnderTest): void;
  /** A client of its own, as another process would have it; closed after the test. */
  client(): Promise<EventLog>;
  /** A client and a new topic. */
  topic(partitions: number, retentionMs?: number): Promise<{ log: EventLog; topic: string }>;
  /** A consumer that is closed after the test. */
  subscribe(log: EventLog, subscription: Subscription): Promise<Consumer>;
  /** A member in a process of its own. */
  remote(subscription: Omit<Subscription, 'handle'> & { hold?: boolean }): Promise<RemoteMember>;
  eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  cleanUp(): Promise<void>;
}

export interface RemoteMember {
  /** Values of the records that its handler was called with. */
  readonly handled: string[];
  signal(signal: NodeJS.Signals): void;
  /** Lets its handler resolve. */
  release(): void;
}

export const createHarness = ({ patienceMs, settleMs }: Timings): Harness => {
  let under: LogUnderTest | undefined;
  let clients: EventLog[] = [];
  let consumers: Consumer[] = [];
  let children: ChildProcess[] = [];

  const log = (): LogUnderTest => {
    if (!under) throw new Error('no log is under test');
    return under;
  };

  const harness: Harness = {
    patienceMs,
    settleMs,
    use: (made) => {
      under = made;
    },

    async client() {
      const { module, create, options } = log();
      const makers = (await import(/* @vite-ignore */ fileURLToPath(module))) as Record<
        string,
        (options: unknown) => EventLog
      >;
      const client = makers[create]?.(options);
      if (!client) throw new Error(`${module} has no ${create}`);
      clients.push(client);
      return client;
    },

    async topic(partitions, retentionMs) {
      const client = await harness.client();
      const topic = `t-${randomUUID()}`;
      await client.createTopic(topic, { partitions, ...(retentionMs !== undefined && { retentionMs }) });
      return { log: client, topic };
    },

    async subscribe(client, subscription) {
      const consumer = await client.subscribe(subscription);
      consumers.push(consumer);
      return consumer;
    },

    async remote(subscription) {
      const { module, create, options } = log();
      const child = spawn(
        process.execPath,
        [
          fileURLToPath(new URL('./remote-member.ts', import.meta.url)),
          JSON.stringify({ module: module.href, create, options, subscription }),
        ],
        { stdio: ['pipe', 'pipe', 'inherit'], env: {} },
      );
      children.push(child);
      const handled: string[] = [];
      let ready = false;
      createInterface({ input: child.stdout }).on('line', (line) => {
        const message = JSON.parse(line) as { ready?: true; value?: string };
        if (message.ready) ready = true;
        if (message.value !== undefined) handled.push(message.value);
      });
      await harness.eventually('a member in another process', () => {
        if (child.exitCode !== null) throw new Error(`the member's process ended with ${child.exitCode}`);
        return ready;
      });
      return {
        handled,
        signal: (signal) => void child.kill(signal),
        release: () => void child.stdin.write('release\n'),
      };
    },

    async eventually(what, condition) {
      const deadline = Date.now() + patienceMs;
      while (!(await condition())) {
        if (Date.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain for ${what}`);
        await sleep(10);
      }
    },

    async cleanUp() {
      const alive = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
      const ends = alive.map((child) => once(child, 'exit'));
      for (const child of alive) child.kill('SIGKILL');
      await Promise.all(ends);
      await Promise.all(consumers.map((consumer) => consumer.close({ graceMs: 0 })));
      await Promise.all(clients.map((client) => client.close()));
      clients = [];
      consumers = [];
      children = [];
    },
  };
  return harness;
};

export const bytes = (text: string): Uint8Array => Buffer.from(text);
export const textOf = ({ value }: LogRecord): string => Buffer.from(value).toString();
export const texts = (many: number, name = 'm'): string[] =>
  Array.from({ length: many }, (_, i) => `${name}${i}`);
