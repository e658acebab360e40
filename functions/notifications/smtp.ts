import type { ConnectionOptions } from 'node:tls';
import type { Letter } from './letter.ts';

/** Answers the server's last word. Throws RefusedLetter where it will never have this mail, else what may pass. */
export type SendLetter = (letter: Letter, signal: AbortSignal) => Promise<string>;

/** The server refused sender, recipient or content for good (RFC 5321 §4.2.1: 5yz). */
export class RefusedLetter extends Error {}

export interface SmtpOptions {
  /** `smtp://` (STARTTLS where offered, always with a user) or `smtps://` (TLS from the start), `user:password@host:port`. */
  url: string;
  /** The address that mails come from; its domain makes the Message-IDs. */
  from: string;
  tls?: ConnectionOptions;
}

/** Sends each mail over a connection of its own, which ends with the signal. */
export const createSmtp = ({ url, from, tls }: SmtpOptions): SendLetter => {
  const { protocol, hostname, port, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  const auth = username && { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
  const domain = from.slice(from.lastIndexOf('@') + 1);

  return async (letter, signal) => {
    // Some 40 modules: whoever sends no mail never loads them.
    const [{ default: Connection }, { default: Composer }] = await Promise.all([
      import('nodemailer/lib/smtp-connection'),
      import('nodemailer/lib/mail-composer'),
    ]);
    const message = await new Composer({
      from,
      // Not as text, which might name several.
      to: { name: '', address: letter.recipient },
      subject: letter.subject,
      text: letter.body,
      date: letter.createdAt,
      messageId: `<${letter.id}@${domain}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
      disableFileAccess: true,
      disableUrlAccess: true,
    })
      .compile()
      .build();
    signal.throwIfAborted();
    const connection = new Connection({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || (secure ? 465 : 587),
      secure,
      // A password is for nobody on the way.
      requireTLS: !secure && auth !== '',
      name: domain,
      ...(tls && { tls }),
    });
    const { promise: broken, reject } = Promise.withResolvers<never>();
    const abort = () => reject(new Error('no answer in time'));
    signal.addEventListener('abort', abort, { once: true });
    connection.on('error', reject);
    const talk = async () => {
      await called((done) => connection.connect(done));
      if (auth) await called((done) => connection.login(auth, done));
      const envelope = { from, to: [letter.recipient] };
      const info = await called<{ response?: string }>((done) => connection.send(envelope, message, done));
      return info?.response ?? '';
    };
    try {
      return await Promise.race([talk(), broken]);
    } catch (error) {
      throw isFinal(error) ? new RefusedLetter((error as Error).message, { cause: error }) : error;
    } finally {
      signal.removeEventListener('abort', abort);
      connection.quit();
      connection.close();
    }
  };
};

const called = <T>(
  call: (done: (error?: Error | null, result?: T) => void) => void,
): Promise<T | undefined> =>
  new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))));

/**
 * Only of this mail: what the server says of our login is a fault of ours that somebody will mend. An address that cannot
 * be said in SMTP never came to the server and has no code.
 */
const isFinal = (error: unknown): boolean => {
  const { command, code, responseCode } = error as { command?: string; code?: string; responseCode?: number };
  if (responseCode === undefined) return code === 'EENVELOPE';
  const ofTheMail = command === 'MAIL FROM' || command === 'RCPT TO' || command === 'DATA';
  return ofTheMail && responseCode >= 500 && !(responseCode >= 530 && responseCode <= 538);
};
