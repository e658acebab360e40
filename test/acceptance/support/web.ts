import { Agent, request } from 'node:http';

export interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** A body as it stands, instead of one as JSON. */
  raw?: string;
  /** Resolves when the rest of the body may go; the first half goes at once. */
  hold?: Promise<void>;
}
export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json<T>(): T;
}

export type Web = ReturnType<typeof createWeb>;

/** Requests through the ingress, whatever a host's name resolves to here. */
export const createWeb = (ingress: string) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const { port } = new URL(ingress);

  const send = (
    host: string,
    path: string,
    { method, headers, body, raw, hold }: Sent = {},
  ): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
      const sending = request(new URL(path, ingress), {
        agent,
        method: method ?? (text === undefined ? 'GET' : 'POST'),
        headers: {
          host: port ? `${host}:${port}` : host,
          ...(text !== undefined && {
            'content-type': 'application/json',
            'content-length': String(Buffer.byteLength(text)),
          }),
          ...headers,
        },
      });
      sending.on('error', reject);
      sending.on('response', async (response) => {
        try {
          let answer = '';
          for await (const chunk of response.setEncoding('utf8')) answer += chunk;
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: answer,
            json: () => JSON.parse(answer),
          });
        } catch (error) {
          reject(error);
        }
      });
      if (!hold) return void sending.end(text);
      const half = Math.floor((text ?? '').length / 2);
      sending.write((text ?? '').slice(0, half));
      hold.then(() => sending.end((text ?? '').slice(half)));
    });

  return {
    send,
    /** The revision that answers at this host. */
    revisionAt: async (host: string): Promise<string> => {
      const reply = await send(host, '/info');
      if (reply.status !== 200) throw new Error(`${host}/info: ${reply.status} ${reply.text}`);
      return reply.json<{ revision: string }>().revision;
    },
    close: () => agent.destroy(),
  };
};
