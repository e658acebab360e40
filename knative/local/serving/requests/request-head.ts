import type { IncomingMessage } from 'node:http';

/** Where a request came from: of the outside's word on its own way nothing is taken. */
export type Origin = 'outside' | 'inside';

export interface RequestHead {
  /** What is written to the pod, up to and with the empty line; latin1. */
  text: string;
  body: 'none' | 'sized' | 'chunked';
  /** Whether sending it twice does no harm (RFC 9110, 9.2.2), and can be done at all. */
  repeatable: boolean;
}

const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);

/**
 * The request as the pod gets it: fields as they were sent, without those of the connection (RFC 9110, 7.6.1), and with
 * X-Forwarded-For, -Proto, -Host. `upgrade` keeps what asks for another protocol.
 */
export const requestHead = (request: IncomingMessage, origin: Origin, upgrade: boolean): RequestHead => {
  const raw = request.rawHeaders;
  let fields = '';
  let host: string | undefined;
  let forwardedFor = '';
  let forwardedHost: string | undefined;
  let forwardedProto: string | undefined;
  let body: RequestHead['body'] = 'none';
  let options: Set<string> | undefined;

  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    const key = (name.length > maxSpecial ? name.slice(0, maxSpecial) : name).toLowerCase();
    switch (key) {
      case 'connection':
        options = connectionOptions(value, options);
        continue;
      case 'keep-alive':
      case 'proxy-connection':
      case 'proxy-authorization':
      case 'x-real-ip':
        if (key === 'x-real-ip' && origin === 'inside') break;
        continue;
      case 'upgrade':
        if (upgrade) break;
        continue;
      case 'te':
        if (/\btrailers\b/i.test(value)) fields += 'TE: trailers\r\n';
        continue;
      case 'transfer-encoding':
        body = 'chunked';
        continue;
      case 'content-length':
        if (body === 'none' && Number(value) > 0) body = 'sized';
        break;
      case 'host':
        // Only the first routed the request.
        if (host !== undefined) continue;
        host = value;
        break;
      case 'x-forwarded-for':
        if (origin === 'inside') forwardedFor += `${value}, `;
        continue;
      case 'x-forwarded-host':
        if (origin === 'inside') forwardedHost ??= value;
        continue;
      case 'x-forwarded-proto':
        if (origin === 'inside') forwardedProto ??= value;
        continue;
      case 'forwarded':
        if (origin === 'inside') break;
        continue;
      default:
        if (origin === 'outside' && key.startsWith('x-forwarded-')) continue;
    }
    fields += `${name}: ${value}\r\n`;
  }
  if (options && options.size > 0) fields = dropNamed(fields, options);
  const method = request.method ?? 'GET';
  return {
    text:
      `${method} ${request.url} HTTP/1.1\r\n${host === undefined ? 'Host: localhost\r\n' : ''}${fields}` +
      `${upgrade ? 'Connection: Upgrade\r\n' : ''}${body === 'chunked' ? 'Transfer-Encoding: chunked\r\n' : ''}` +
      `X-Forwarded-For: ${forwardedFor}${request.socket.remoteAddress ?? 'unknown'}\r\n` +
      `X-Forwarded-Proto: ${forwardedProto ?? 'http'}\r\n` +
      `X-Forwarded-Host: ${forwardedHost ?? host ?? 'localhost'}\r\n\r\n`,
    body,
    repeatable: body === 'none' && idempotent.has(method),
  };
};

/** One more than the longest name that means something here, `proxy-authorization`: cut there, no longer name is one. */
const maxSpecial = 20;

/** Fields that name the way a request takes cannot be taken out of it by naming them in Connection. */
const kept = new Set(['host', 'content-length', 'close', 'keep-alive', 'upgrade', 'te', '']);

const connectionOptions = (value: string, known: Set<string> | undefined): Set<string> => {
  const options = known ?? new Set<string>();
  for (const option of value.split(',')) {
    const name = option.trim().toLowerCase();
    if (!kept.has(name)) options.add(name);
  }
  return options;
};

const dropNamed = (fields: string, names: Set<string>): string =>
  fields
    .split('\r\n')
    .filter((line) => !names.has(line.slice(0, line.indexOf(':')).toLowerCase()))
    .join('\r\n');
