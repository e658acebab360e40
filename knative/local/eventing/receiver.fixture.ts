import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Received {
  path: string;
  headers: Record<string, string | undefined>;
  body: Buffer;
}

export interface Receiver {
  url: string;
  /** All that came, in order. */
  requests: Received[];
  /** What to answer from now on; 204 at first. */
  answer(status: (request: Received) => number | Promise<number>): void;
  close(): Promise<void>;
}

/** A real HTTP server that keeps what it is sent. */
export const startReceiver = async (): Promise<Receiver> => {
  const requests: Received[] = [];
  let status: (request: Received) => number | Promise<number> = () => 204;
  const server = createServer(async (req, res) => {
    const received = { path: req.url ?? '', headers: single(req.headers), body: await buffer(req) };
    requests.push(received);
    res.writeHead(await status(received)).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (next) => {
      status = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const single = (headers: IncomingHttpHeaders): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
