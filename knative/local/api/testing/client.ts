import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Parsed where it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every kind
  body: any;
  text: string;
}

export interface Asked {
  body?: unknown;
  /** Of the body; JSON where it is not given. */
  type?: string;
  accept?: string;
  token?: string | null;
  headers?: Record<string, string>;
}

// biome-ignore lint/suspicious/noExplicitAny: objects of every kind
export type Told = { type: string; object: any };

/** Plain HTTPS requests to an API, as curl would send them. */
export const createClient = (url: string, ca: string, token: string) => {
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 64 });

  const open = async (method: string, path: string, asked: Asked = {}): Promise<IncomingMessage> => {
    const { body, type = 'application/json', accept, headers } = asked;
    const content = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const bearer = asked.token === undefined ? token : asked.token;
    const outgoing = request(`${url}${path}`, {
      method,
      agent,
      servername: 'localhost',
      headers: {
        ...(bearer !== null && { authorization: `Bearer ${bearer}` }),
        ...(accept !== undefined && { accept }),
        ...(body !== undefined && { 'content-type': type, 'content-length': Buffer.byteLength(content) }),
        ...headers,
      },
    });
    outgoing.end(content);
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    incoming.setEncoding('utf8');
    return incoming;
  };

  const ask = async (method: string, path: string, asked: Asked = {}): Promise<Answer> => {
    const incoming = await open(method, path, asked);
    let text = '';
    for await (const chunk of incoming) text += chunk;
    const isJson = incoming.headers['content-type']?.startsWith('application/json');
    return {
      status: incoming.statusCode ?? 0,
      headers: incoming.headers,
      body: isJson && text !== '' ? JSON.parse(text) : undefined,
      text,
    };
  };

  /** What a watch tells, line by line, until it is closed by either side. */
  const watch = async (path: string, asked: Asked = {}) => {
    const incoming = await open('GET', path, asked);
    const told: Told[] = [];
    let rest = '';
    let wake = () => {};
    const ended = new Promise<void>((resolve) => incoming.on('close', resolve));
    incoming.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) told.push(JSON.parse(line));
      wake();
    });
    incoming.on('error', () => {});
    return {
      status: incoming.statusCode ?? 0,
      headers: incoming.headers,
      told,
      ended,
      close: () => incoming.destroy(),
      /** Resolves once this holds of what was told. */
      until: async (holds: (told: Told[]) => boolean) => {
        while (!holds(told))
          await new Promise<void>((resolve, reject) => {
            wake = resolve;
            ended.then(() =>
              holds(told) ? resolve() : reject(new Error(`the watch ended: ${JSON.stringify(told)}`)),
            );
          });
        return told;
      },
    };
  };

  return { ask, open, watch, close: () => agent.destroy() };
};

export type Client = ReturnType<typeof createClient>;
