import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

/** A sink over HTTP that keeps what it accepts, for tests. */
export interface Sink {
  url: URL;
  /** What was answered with 2xx, in order of arrival. */
  accepted: Received[];
  /** Every request, whatever the answer. */
  requests: Received[];
  acceptedIds(): string[];
  /** Decides answers from now on; 202 at first. */
  answer(decide: (received: Received) => number | Promise<number>): void;
  /** Refuses connections until `up`, on the same port. */
  down(): Promise<void>;
  up(): Promise<void>;
}

export async function startSink(): Promise<Sink> {
  const requests: Received[] = [];
  const accepted: Received[] = [];
  let decide: (received: Received) => number | Promise<number> = () => 202;
  let server: Server | undefined;
  let port = 0;

  const up = async () => {
    server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk;
      const received = { headers: request.headers, body };
      requests.push(received);
      const status = await decide(received);
      if (status < 300) accepted.push(received);
      response.statusCode = status;
      response.end();
    });
    await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  };
  const down = async () => {
    const closed = new Promise((resolve) => server?.close(resolve));
    server?.closeAllConnections();
    await closed;
  };

  await up();
  return {
    url: new URL(`http://127.0.0.1:${port}/kagari/default`),
    accepted,
    requests,
    acceptedIds: () => accepted.map(({ headers }) => String(headers['ce-id'])),
    answer: (decision) => {
      decide = decision;
    },
    down,
    up,
  };
}
