import { randomBytes } from 'node:crypto';
import type { PodView, RevisionKey } from '../../serving/ports.ts';
import type { LogLine, Pods } from '../ports.ts';

/** Pods without processes: a test says what becomes of them. */
export interface FakePods extends Pods {
  start(revision: RevisionKey, service: string): FakePod;
  killed: string[];
}

export interface FakePod {
  name: string;
  becomeReady(): void;
  crash(): void;
  say(text: string, at?: Date): void;
  vanish(): void;
}

export const createFakePods = (): FakePods => {
  const running = new Map<
    string,
    { view: PodView; lines: LogLine[]; followers: Set<(line: LogLine) => void> }
  >();
  const listeners = new Set<() => void>();
  const killed: FakePods['killed'] = [];
  const tell = () => {
    for (const listener of [...listeners]) listener();
  };
  const change = (name: string, fields: Partial<PodView>) => {
    const pod = running.get(name);
    if (pod) Object.assign(pod.view, fields);
    tell();
  };
  return {
    killed,
    pods: () => [...running.values()].map(({ view }) => ({ ...view })),
    logs: (name) => {
      const pod = running.get(name);
      return (
        pod && {
          lines: () => [...pod.lines],
          follow: (listener) => {
            pod.followers.add(listener);
            return () => void pod.followers.delete(listener);
          },
        }
      );
    },
    kill: async (pod) => {
      killed.push(pod);
      change(pod, { phase: 'Terminating', ready: false });
      return running.has(pod);
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    start: (revision, service) => {
      const name = `${revision.split('/')[1]}-deployment-${randomBytes(5).toString('hex')}`;
      const view: PodView = {
        name,
        revision,
        service,
        pid: process.pid,
        port: 20_001,
        phase: 'Pending',
        ready: false,
        startedAt: new Date(),
        restarts: 0,
        imageDigest: `sha256:${'0'.repeat(64)}`,
      };
      const pod = { view, lines: [] as LogLine[], followers: new Set<(line: LogLine) => void>() };
      running.set(name, pod);
      tell();
      return {
        name,
        becomeReady: () => change(name, { phase: 'Running', ready: true }),
        crash: () => change(name, { ready: false, restarts: view.restarts + 1 }),
        say: (text, at = new Date()) => {
          const line = { at, text, restart: view.restarts };
          pod.lines.push(line);
          for (const follower of pod.followers) follower(line);
        },
        vanish: () => {
          running.delete(name);
          tell();
        },
      };
    },
  };
};
