import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A pooler in transaction mode, as small as it can be, for tests: every client logs in on a server session of its own,
 * which then serves whichever client comes next, one transaction at a time.
 */
export async function startTransactionPooler(url: string): Promise<{ url: string; stop(): Promise<void> }> {
  const { hostname, port } = new URL(url);
  const idle: Session[] = [];
  const waiting: ((session: Session) => void)[] = [];
  const sockets = new Set<Socket>();

  const free = (session: Session) => {
    const next = waiting.shift();
    if (next) next(session);
    else idle.push(session);
  };

  const server: Server = createServer((client) => {
    const own: Session = { socket: connect(Number(port), hostname), client };
    for (const socket of [client, own.socket]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    let session: Session | undefined = own;
    let asked = false;
    const early: Buffer[] = [];
    const take = (given: Session) => {
      given.client = client;
      given.release = () => {
        session = undefined;
        asked = false;
      };
      session = given;
      for (const chunk of early.splice(0)) given.socket.write(chunk);
    };
    own.release = () => {
      session = undefined;
    };
    client.on('data', (chunk) => {
      if (session) return session.socket.write(chunk);
      early.push(chunk);
      if (asked) return;
      asked = true;
      const found = idle.shift();
      if (found) take(found);
      else waiting.push(take);
    });
    forward(own, free);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const pooled = new URL(url);
  pooled.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: pooled.href,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

interface Session {
  socket: Socket;
  client: Socket;
  release?: () => void;
}

/** Passes the server's messages on; after a ReadyForQuery outside of a transaction the session is free. */
function forward(session: Session, free: (session: Session) => void): void {
  let pending = Buffer.alloc(0);
  session.socket.on('data', (chunk) => {
    session.client.write(chunk);
    pending = Buffer.concat([pending, chunk]);
    let ready = false;
    while (pending.length >= 5 && pending.length >= 1 + pending.readInt32BE(1)) {
      ready = pending[0] === 0x5a && pending[5] === 0x49;
      pending = pending.subarray(1 + pending.readInt32BE(1));
    }
    if (!ready) return;
    session.release?.();
    free(session);
  });
}
