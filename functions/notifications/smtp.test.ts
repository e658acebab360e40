import type { SMTPServerOptions } from 'smtp-server';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { issueAuthority, issueServer } from '../../knative/local/api/identity/issue-certificate.ts';
import { type Script, startSmtpServer, type TestSmtpServer } from '../../test/flow/support/smtp.ts';
import type { Letter } from './letter.ts';
import { createSmtp, RefusedLetter } from './smtp.ts';

const from = 'no-reply@shop.example';
let tls: { ca: string; key: string; cert: string };
let servers: TestSmtpServer[] = [];

beforeAll(async () => {
  const validity = {
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
  };
  const authority = await issueAuthority('test', validity);
  const server = await issueServer(authority, { ...validity, dns: ['localhost'], ips: ['127.0.0.1'] });
  tls = { ca: authority.cert, ...server };
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const start = async (...args: Parameters<typeof startSmtpServer>) => {
  const server = await startSmtpServer(...args);
  servers.push(server);
  return server;
};
const letter = (more: Partial<Letter> = {}): Letter => ({
  id: '0192f0c1-7a3b-7cde-8f01-23456789abcd',
  recipient: 'customer@example.com',
  subject: 'Your order is paid',
  body: 'We have received EUR\u00a012.90.\n',
  createdAt: new Date('2026-01-02T03:04:05Z'),
  attempts: 1,
  ...more,
});
const never = new AbortController().signal;

describe('a mail', () => {
  test('comes to the server as it is, with a Message-ID that is the same at each try', async () => {
    const server = await start();
    const send = createSmtp({ url: server.url, from });
    expect(await send(letter(), never)).toMatch(/^250 /);
    await send(letter({ attempts: 2 }), never);
    const [first, second] = server.taken;
    expect(first).toMatchObject({
      from,
      to: ['customer@example.com'],
      messageId: '<0192f0c1-7a3b-7cde-8f01-23456789abcd@shop.example>',
    });
    expect(second?.raw).toBe(first?.raw);
    expect(first?.raw).toMatch(/^Subject: Your order is paid\r$/m);
    expect(first?.raw).toMatch(/^Date: Fri, 02 Jan 2026 03:04:05 \+0000\r$/m);
    expect(first?.raw).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(first?.raw).toContain('EUR=C2=A012.90.');
  });

  test('gets no header out of its subject, body or recipient', async () => {
    const server = await start();
    const send = createSmtp({ url: server.url, from });
    const evil = 'Hello\r\nBcc: evil@example.com\r\n\r\nBuy!';
    await send(letter({ subject: evil, body: `.\r\nQUIT\r\n${evil}` }), never);
    const [mail] = server.taken;
    const [headers = ''] = mail?.raw.split('\r\n\r\n') ?? [];
    expect(headers).not.toMatch(/^bcc:/im);
    expect(headers.match(/^subject:/gim)).toHaveLength(1);
    expect(mail?.to).toEqual(['customer@example.com']);
    for (const recipient of [
      'a@example.com\r\nRCPT TO:<evil@example.com>',
      'a@example.com>\r\nDATA',
      'a@example.com, evil@example.com',
      '',
    ])
      await send(letter({ recipient }), never).catch(() => {});
    expect(server.taken.flatMap(({ to }) => to)).not.toContain('evil@example.com');
    expect(server.taken.slice(1).flatMap(({ raw }) => raw.match(/^bcc:/gim) ?? [])).toEqual([]);
  });

  test.each<[string, Script]>([
    ['its sender', { sender: () => ({ code: 550 }) }],
    ['its recipient', { recipient: () => ({ code: 550, text: 'no such user' }) }],
    ['its content', { data: () => ({ code: 554 }) }],
  ])('that the server refuses for %s is refused for good', async (_, script) => {
    const server = await start(script);
    await expect(createSmtp({ url: server.url, from })(letter(), never)).rejects.toThrow(RefusedLetter);
    expect(server.taken).toEqual([]);
  });

  test.each<[string, Script]>([
    ['is busy', { sender: () => ({ code: 451 }) }],
    ['has the box locked', { recipient: () => ({ code: 450 }) }],
    ['has no room', { data: () => ({ code: 452 }) }],
    ['wants another login', { sender: () => ({ code: 530 }) }],
    ['hangs up', { recipient: () => 'hang up' }],
    ['hangs up at the end', { data: () => 'hang up' }],
  ])('for a server that %s may go another time', async (_, script) => {
    const server = await start(script);
    const failure = await createSmtp({ url: server.url, from })(letter(), never).catch((error) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(RefusedLetter);
  });

  test('for a server that says nothing, or is not there, ends in time', async () => {
    const server = await start({ data: () => 'say nothing' });
    const send = createSmtp({ url: server.url, from });
    await expect(send(letter(), AbortSignal.timeout(300))).rejects.toThrow('no answer in time');
    await server.close();
    servers = [];
    await expect(send(letter(), AbortSignal.timeout(10_000))).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe('the connection', () => {
  const users: SMTPServerOptions = {
    onAuth: ({ username, password }, _, done) =>
      username === 'kagari' && password === 'p@ss:w/rd'
        ? done(null, { user: username })
        : done(new Error('who are you?')),
  };
  const user = `kagari:${encodeURIComponent('p@ss:w/rd')}`;

  test('is encrypted by STARTTLS before it says a password', async () => {
    const server = await start({}, { key: tls.key, cert: tls.cert, ...users });
    const url = `smtp://${user}@localhost:${server.port}`;
    await createSmtp({ url, from, tls: { ca: tls.ca } })(letter(), never);
    expect(server.taken).toMatchObject([{ secure: true, user: 'kagari' }]);
  });

  test('is encrypted from the start by smtps', async () => {
    const server = await start({}, { key: tls.key, cert: tls.cert, secure: true, ...users });
    const url = `smtps://${user}@localhost:${server.port}`;
    await createSmtp({ url, from, tls: { ca: tls.ca } })(letter(), never);
    expect(server.taken).toMatchObject([{ secure: true, user: 'kagari' }]);
  });

  test('to a server without TLS gets no password, to one of another name no mail', async () => {
    const asked: unknown[] = [];
    const open = await start(
      {},
      {
        allowInsecureAuth: true,
        onAuth: (auth, _, done) => {
          asked.push(auth);
          done(null, { user: 'anybody' });
        },
      },
    );
    const refused = createSmtp({ url: `smtp://${user}@localhost:${open.port}`, from })(letter(), never);
    await expect(refused).rejects.not.toThrow(RefusedLetter);
    expect(asked).toEqual([]);
    const stranger = await start({}, { key: tls.key, cert: tls.cert, ...users });
    const url = `smtp://${user}@localhost:${stranger.port}`;
    await expect(createSmtp({ url, from })(letter(), never)).rejects.not.toThrow(RefusedLetter);
    expect([...open.taken, ...stranger.taken]).toEqual([]);
  });

  test('with a wrong password loses no mail: it may go another time', async () => {
    const server = await start({}, { key: tls.key, cert: tls.cert, ...users });
    const url = `smtp://kagari:wrong@localhost:${server.port}`;
    const failure = await createSmtp({ url, from, tls: { ca: tls.ca } })(letter(), never).catch(
      (error) => error,
    );
    expect(failure).toBeInstanceOf(Error);
    expect(failure).not.toBeInstanceOf(RefusedLetter);
    expect(failure.message).not.toContain('wrong');
  });
});
