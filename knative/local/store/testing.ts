import { connect, createServer, type Socket } from 'node:net';
import { createStore, type StoreOptions } from './store.ts';
import type { Admit, Log } from './types.ts';

/** A log that keeps what tests may want to see. */
export const testLog = (): Log & { lines: { level: string; message: string; fields: object }[] } => {
  const lines: { level: string; message: string; fields: object }[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, fields });
  return { lines, info: at('info'), warn: at('warn'), error: at('error'), debug: at('debug') };
};

export const admitAll: Admit = ({ object }) => object;

/** A store on a migrated database. */
export const openStore = (url: string, options: Partial<StoreOptions> = {}) =>
  createStore({ url, admit: admitAll, log: testLog(), ...options });

export type Fault =
  /** The request never arrives. */
  | 'request'
  /** The request is carried out, the answer is lost. */
  | 'answer'
  /** The client sees the connection die; the request arrives afterwards. */
  | 'late';

/** A way to a database that breaks where it is told to. */
export const breakableWay = async (url: string) => {
  const target = new URL(url);
  let plan: { fault: Fault; after: number } | undefined;
  let open = true;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (!open) return void client.destroy();
    const up = connect(Number(target.port), target.hostname);
    let losing = false;
    for (const socket of [client, up]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (chunk) => {
      if (!plan || plan.after-- > 0) return void up.write(chunk);
      const { fault } = plan;
      plan = undefined;
      if (fault === 'request') up.destroy();
      if (fault === 'answer') {
        up.write(chunk);
        losing = true;
        return;
      }
      client.destroy();
      if (fault === 'late') setTimeout(() => up.end(chunk), 30);
    });
    up.on('data', (chunk) => {
      if (losing) {
        client.destroy();
        up.destroy();
      } else client.write(chunk);
    });
    client.on('close', () => plan === undefined && setTimeout(() => up.destroy(), 60));
    up.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const way = new URL(url);
  way.hostname = '127.0.0.1';
  way.port = String(typeof address === 'object' && address ? address.port : 0);
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: way.href,
    /** Breaks the connection at the client's packet that comes after `after` others. */
    breakAt: (fault: Fault, after: number) => {
      plan = { fault, after };
    },
    shut: () => {
      open = false;
      cutAll();
    },
    reopen: () => {
      open = true;
    },
    close: async () => {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
