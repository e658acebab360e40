import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface ReceivedMail {
  from: string;
  to: string[];
  /** Headers and body as they came. */
  raw: string;
  messageId: string;
  /** The connection came to speak TLS. */
  secure: boolean;
  user: string | undefined;
}

/** What the server says to the nth mail (from 0) at a step of it; nothing: it goes on. */
export type Reply = { code: number; text?: string } | 'hang up' | 'say nothing' | undefined;
export interface Script {
  sender?: (n: number) => Reply;
  recipient?: (n: number) => Reply;
  /** When the whole mail has come: with `hang up` the server has it, and nobody hears so. */
  data?: (n: number) => Reply | Promise<Reply>;
}

/** A real SMTP server that keeps what it took and misbehaves as the script says. */
export const startSmtpServer = async (script: Script = {}, options: SMTPServerOptions = {}) => {
  const taken: ReceivedMail[] = [];
  const sockets = new Set<Socket>();
  /** Which mail a session is at. */
  const at = new Map<string, number>();
  let begun = 0;

  const say = (reply: Reply, session: { remotePort: number }, done: (error?: Error | null) => void) => {
    if (reply === 'say nothing') return;
    if (reply === 'hang up') {
      for (const socket of sockets) if (socket.remotePort === session.remotePort) socket.destroy();
      return;
    }
    done(reply && Object.assign(new Error(reply.text ?? 'as the test likes'), { responseCode: reply.code }));
  };

  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    hideSTARTTLS: options.key === undefined,
    onMailFrom(_, session, done) {
      const n = begun++;
      at.set(session.id, n);
      say(script.sender?.(n), session, done);
    },
    onRcptTo: (_, session, done) => say(script.recipient?.(at.get(session.id) ?? 0), session, done),
    async onData(stream, session, done) {
      const raw = await text(stream).catch(() => undefined);
      // Whoever was sending it is gone.
      if (raw === undefined) return;
      const reply = await script.data?.(at.get(session.id) ?? 0);
      const { mailFrom, rcptTo } = session.envelope;
      if (reply === undefined || reply === 'hang up')
        taken.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          raw,
          messageId: /^message-id: *(\S+)/im.exec(raw)?.[1] ?? '',
          secure: session.secure,
          user: session.user as string | undefined,
        });
      say(reply, session, done);
    },
    ...options,
  });
  server.on('error', () => {});
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    port,
    url: `smtp://127.0.0.1:${port}`,
    taken,
    begun: () => begun,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
export type TestSmtpServer = Awaited<ReturnType<typeof startSmtpServer>>;
