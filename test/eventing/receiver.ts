import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Received {
  headers: IncomingHttpHeaders;
  body: Buffer;
  path: string;
  id: string;
  at: number;
  socket: Socket;
}

export interface Receiver {
  url: string;
  /** In the order they came, answered or not. */
  received: Received[];
  ids(): string[];
  close(): Promise<void>;
}

/** What a subscriber answers: a status, or more of an answer; undefined never answers. */
export type Reply =
  | number
  | { status: number; headers?: Record<string, string>; body?: string | Buffer }
  | undefined;

/** A real HTTP server that notes what it is sent. */
export const startReceiver = async (
  answer: (event: Received, nth: number) => Reply | Promise<Reply> = () => 204,
): Promise<Receiver> => {
  const received: Received[] = [];
  const server = createServer(async (req, res: ServerResponse) => {
    const body = await buffer(req);
    const event = {
      headers: req.headers,
      body,
      path: req.url ?? '',
      id: String(req.headers['ce-id']),
      at: performance.now(),
      socket: req.socket,
    };
    received.push(event);
    const reply = await answer(event, received.filter(({ id }) => id === event.id).length);
    if (reply === undefined) return;
    const { status, headers = {}, body: text = '' } = typeof reply === 'number' ? { status: reply } : reply;
    res.writeHead(status, headers).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    ids: () => received.map(({ id }) => id),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
