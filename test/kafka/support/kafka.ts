import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, waitUntil } from '../../support/platform.ts';
import { kafkaJars } from './jars.ts';

const run = promisify(execFile);

/** Brokers that can be killed, wherever they run; their numbers begin with 1. */
export interface Brokers {
  /** `host:port` of every broker. */
  brokers: string[];
  /** kill -9. */
  kill(broker: number): Promise<void>;
  /** Resolves when a broker that was killed is back with its data. */
  start(broker: number): Promise<void>;
}

/** A real Kafka (KRaft, broker and controller in one process) on loopback, of one broker or three. */
export interface Kafka extends Brokers {
  /** SIGSTOP and SIGCONT. */
  freeze(broker: number): void;
  thaw(broker: number): void;
  /** Ends all brokers and removes their data. */
  end(): Promise<void>;
}

const startWithinMs = 120_000;

/** Becomes java; beside it a shell waits for the end of its input, which comes when this process is gone, however it went. */
const dyingWithUs = 'exec 3<&0; (read -r _ <&3; kill -9 $$ 2> /dev/null) & exec java "$@" < /dev/null 3<&-';

/** With three brokers every topic has three replicas, and two must have what is acknowledged. */
export const startKafka = async (
  count: 1 | 3,
  settings: Record<string, string | number> = {},
): Promise<Kafka> => {
  const jars = join(await kafkaJars(), '*');
  const folder = await mkdtemp(join(tmpdir(), 'kagari-kafka-'));
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  const ports = await Promise.all(
    numbers.map(async () => ({ client: await freePort(), controller: await freePort() })),
  );
  const at = (number: number) => ports[number - 1] as { client: number; controller: number };
  const file = (number: number, name: string) => join(folder, `${number}.${name}`);
  const processes = new Map<number, ChildProcess>();

  const properties = (number: number) => ({
    'process.roles': 'broker,controller',
    'node.id': number,
    'controller.quorum.voters': numbers.map((n) => `${n}@127.0.0.1:${at(n).controller}`).join(),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `PLAINTEXT://127.0.0.1:${at(number).client},CONTROLLER://127.0.0.1:${at(number).controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${at(number).client}`,
    'log.dirs': join(folder, String(number)),
    'default.replication.factor': count,
    'min.insync.replicas': count === 3 ? 2 : 1,
    'auto.create.topics.enable': false,
    'offsets.topic.num.partitions': 8,
    'offsets.topic.replication.factor': count,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': count,
    'transaction.state.log.min.isr': count === 3 ? 2 : 1,
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    // A broker that dies is noticed sooner than by default (9 s): every write waits for that.
    'broker.session.timeout.ms': 3_000,
    'broker.heartbeat.interval.ms': 500,
    ...settings,
  });

  const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
  const format = async (cluster: string, number: number) => {
    const lines = Object.entries(properties(number)).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(file(number, 'properties'), lines.join(''));
    const tool = [
      'kafka.tools.StorageTool',
      'format',
      `--cluster-id=${cluster}`,
      '-c',
      file(number, 'properties'),
    ];
    await run('java', [...quick, '-cp', jars, ...tool]);
  };

  const start = async (number: number): Promise<void> => {
    const log = createWriteStream(file(number, 'log'), { flags: 'w' });
    const java = ['-Xms64m', '-Xmx384m', ...quick, '-cp', jars, 'kafka.Kafka', file(number, 'properties')];
    const child = spawn('sh', ['-c', dyingWithUs, 'java', ...java], { stdio: ['pipe', 'pipe', 'pipe'] });
    child.once('exit', () => child.stdin.destroy());
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    processes.set(number, child);
    await waitUntil(`broker ${number}`, startWithinMs, async () => {
      const said = await readFile(file(number, 'log'), 'utf8').catch(() => '');
      if (child.exitCode !== null) throw new Error(`broker ${number} ended:\n${said.slice(-2_000)}`);
      return said.includes('Kafka Server started');
    });
  };

  const end = async (number: number, signal: NodeJS.Signals): Promise<void> => {
    const child = processes.get(number);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };

  const kafka: Kafka = {
    brokers: numbers.map((number) => `127.0.0.1:${at(number).client}`),
    kill: (number) => end(number, 'SIGKILL'),
    freeze: (number) => void processes.get(number)?.kill('SIGSTOP'),
    thaw: (number) => void processes.get(number)?.kill('SIGCONT'),
    start,
    async end() {
      // Their data go with them: nothing is to be saved by a slow goodbye.
      await Promise.all(numbers.map((number) => end(number, 'SIGKILL')));
      await rm(folder, { recursive: true, force: true });
    },
  };

  try {
    const cluster = randomBytes(16).toString('base64url');
    await Promise.all(numbers.map((number) => format(cluster, number)));
    await Promise.all(numbers.map(start));
    return kafka;
  } catch (error) {
    await kafka.end();
    throw error;
  }
};
