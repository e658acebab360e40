import { badRequest, notFound } from '../../store/status-error.ts';
import { type ApiResponse, type Outlet, onClosed, textResponse } from '../http/exchange.ts';
import type { LogLine, PodLog, Pods, Source } from '../ports.ts';
import type { NamedCall } from '../verbs/call.ts';
import { countOption, flagOption } from '../verbs/options.ts';
import { standing } from '../verbs/read.ts';
import { containerName } from './pod-object.ts';

interface LogOptions {
  timestamps: boolean;
  /** Undefined: all. */
  tailLines: number | undefined;
  since: number;
  /** Bytes; undefined: all. */
  limit: number | undefined;
}

// A process' last words may come a little after its end is known.
const lastWordsMs = 200;

/** GET of a pod's log: of its present process, or with `previous` of the one before; followed until the process ends. */
export const readLog = (pods: Pods, call: NamedCall): ApiResponse => {
  const { query } = call.request;
  const { name } = standing(call).metadata;
  const view = pods.pods().find((pod) => pod.name === name);
  const log = pods.logs(name);
  if (!view || !log) throw notFound(call.resource, name);
  const container = query.get('container') || containerName;
  if (container !== containerName) throw badRequest(`container ${container} is not valid for pod ${name}`);
  const previous = flagOption(query, 'previous');
  if (previous && view.restarts === 0)
    throw badRequest(`previous terminated container "${containerName}" in pod "${name}" not found`);
  const process = previous ? view.restarts - 1 : present(view.restarts, view.pid, log);
  const options = optionsOf(query);
  if (!flagOption(query, 'follow') || previous) return textResponse(200, kept(log, process, options));
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: (out) => follow(pods, call.source, { name, log, process }, options, out),
  };
};

/** While it waits to be started again, the process that ended last speaks, as on Kubernetes. */
const present = (restarts: number, pid: number | undefined, log: PodLog): number =>
  pid === undefined ? (log.lines().at(-1)?.restart ?? restarts) : restarts;

const kept = (log: PodLog, process: number, options: LogOptions): string => {
  const { timestamps, tailLines, since, limit } = options;
  const lines = log.lines().filter(({ at, restart }) => restart === process && at.getTime() >= since);
  const chosen = tailLines === undefined ? lines : tailLines === 0 ? [] : lines.slice(-tailLines);
  return cut(chosen.map((line) => print(line, timestamps)).join(''), limit);
};

const follow = (
  pods: Pods,
  source: Source,
  { name, log, process }: { name: string; log: PodLog; process: number },
  options: LogOptions,
  out: Outlet,
) => {
  let left = options.limit;
  const write = (text: string) => {
    const shown = cut(text, left);
    if (left !== undefined) left -= Buffer.byteLength(shown);
    out.write(shown);
    if (left === 0) out.end();
  };
  // Nothing can be written to the log between these two.
  write(kept(log, process, options));
  const unfollow = log.follow((line) => {
    if (line.restart === process) write(print(line, options.timestamps));
  });
  let ending: NodeJS.Timeout | undefined;
  const endWithProcess = () => {
    const view = pods.pods().find((pod) => pod.name === name);
    const runs = view !== undefined && view.restarts === process;
    if (!runs) ending ??= setTimeout(() => out.end(), lastWordsMs);
  };
  const unwatch = source.watch?.(source.revision(), endWithProcess);
  endWithProcess();
  onClosed(out, () => {
    unfollow();
    unwatch?.();
    clearTimeout(ending);
  });
};

const optionsOf = (query: URLSearchParams): LogOptions => {
  const seconds = countOption(query, 'sinceSeconds');
  const time = query.get('sinceTime') || undefined;
  if (time !== undefined && Number.isNaN(Date.parse(time)))
    throw badRequest(`sinceTime ${JSON.stringify(time)} is no RFC 3339 time`);
  if (time !== undefined && seconds !== undefined)
    throw badRequest('at most one of `sinceTime` or `sinceSeconds` may be specified');
  return {
    timestamps: flagOption(query, 'timestamps'),
    tailLines: countOption(query, 'tailLines'),
    since: seconds !== undefined ? Date.now() - seconds * 1000 : time !== undefined ? Date.parse(time) : 0,
    limit: countOption(query, 'limitBytes'),
  };
};

const print = ({ at, text }: LogLine, timestamps: boolean) =>
  timestamps ? `${at.toISOString().replace('Z', '000000Z')} ${text}\n` : `${text}\n`;

const cut = (text: string, bytes: number | undefined): string =>
  bytes === undefined || Buffer.byteLength(text) <= bytes
    ? text
    : Buffer.from(text).subarray(0, bytes).toString();
