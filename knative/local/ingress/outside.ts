import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { connect } from 'node:net';
import { answerProblem, type Problem } from '../serving/requests/problem.ts';
import { join, type Upgrade } from '../serving/requests/tunnel.ts';
import { writeProblem } from './listener.ts';

const connectTimeoutMs = 30_000;

const unreachable = (target: string): Problem => ({
  status: 502,
  code: 'unreachable',
  title: 'Bad Gateway',
  detail: `${target} cannot be reached.`,
});

/** CONNECT to a host that is not ours: a tunnel to it. */
export const tunnelOutside = (authority: string, upgrade: Upgrade): void => {
  const { hostname, port } = new URL(`http://${authority}`);
  const host = hostname.replace(/^\[|\]$/g, '');
  const there = connect({ host, port: Number(port || 80), timeout: connectTimeoutMs, allowHalfOpen: true });
  const fail = () => {
    there.destroy();
    writeProblem(upgrade.socket, unreachable(authority));
  };
  upgrade.socket.on('error', () => there.destroy());
  there.once('timeout', fail);
  there.once('error', fail);
  there.once('connect', () => {
    there.setTimeout(0);
    there.off('timeout', fail).off('error', fail);
    upgrade.socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (upgrade.head.length > 0) there.write(upgrade.head);
    join(upgrade.socket, there);
  });
};

const ownFields = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authorization']);

/** A request in absolute form for a host that is not ours: passed on as it is. */
export const passOutside = (url: URL, request: IncomingMessage, response: ServerResponse): void => {
  const onward = send(url, {
    method: request.method ?? 'GET',
    headers: endToEnd(request.rawHeaders),
    timeout: connectTimeoutMs,
  });
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders));
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  onward.on('timeout', () => onward.destroy());
  onward.on('error', () => answerProblem(response, unreachable(url.host)));
  response.on('close', () => onward.destroy());
  request.pipe(onward);
};

const endToEnd = (raw: readonly string[]): string[] =>
  raw.filter((_, i) => !ownFields.has((raw[i - (i % 2)] ?? '').toLowerCase()));
