import { get } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpProbe } from '../ports.ts';
import type { Failure } from './failure.ts';
import type { StartedPod } from './start.ts';

const connectEveryMs = 5;
const probeEveryMs = 10;

/**
 * Resolves with true once the pod takes a connection and answers its probe, where there is one, with 200 to 399; with
 * false when its process has ended or `ending` aborts; with a failure when it took too long: then it has been killed.
 * While it starts, a probe is asked more often than its period says: each wait less is a request's.
 */
export const becomeReady = async (
  { process, port }: StartedPod,
  { probe, deadlineMs, ending }: { probe: HttpProbe | undefined; deadlineMs: number; ending: AbortSignal },
): Promise<boolean | Failure> => {
  const ended = new AbortController();
  process.ended.then(() => ended.abort());
  const late = AbortSignal.timeout(deadlineMs);
  try {
    await waitUntilReady(port, probe, AbortSignal.any([ended.signal, late, ending]));
    return !process.exit;
  } catch {
    if (!late.aborted || process.exit || ending.aborted) return false;
    process.signal('SIGKILL');
    await process.ended;
    const what = probe ? `answer ${probe.path} with 200 to 399` : `listen on PORT (${port})`;
    return {
      reason: 'ProgressDeadlineExceeded',
      message: `It did not ${what} within ${deadlineMs / 1000} s`,
    };
  }
};

const waitUntilReady = async (
  port: number,
  probe: HttpProbe | undefined,
  signal: AbortSignal,
): Promise<void> => {
  const until = async (condition: () => Promise<boolean>, everyMs: number) => {
    signal.throwIfAborted();
    while (!(await condition())) await sleep(everyMs, undefined, { signal });
    signal.throwIfAborted();
  };
  await until(() => accepts(port), connectEveryMs);
  if (probe) await until(() => answers(port, probe), probeEveryMs);
};

/** Whether somebody listens there. */
export const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (accepted: boolean) => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });

const answers = (port: number, { path, timeoutMs }: HttpProbe): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get({ port, host: '127.0.0.1', path, agent: false, timeout: timeoutMs }, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 400);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
