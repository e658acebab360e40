// Posts orders over raw connections, each with one request at a time and a bearer and key of its own; prints what it saw.
// By itself in a process: node scripts/bench/order-load.ts PORT CONNECTIONS SECONDS KEYFILE BEARERS
import { createPrivateKey, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { audience, issuer } from '../../functions/kit/verify.ts';

export interface OrdersSeen {
  perSecond: number;
  placed: number;
  p50: number;
  p99: number;
  /** Answers that were not 201, with the first of them. */
  failed: number;
  failure?: string;
}

const [port, connections, seconds, keyFile = '', bearers] = process.argv.slice(2);
const { jwk, kid } = JSON.parse(readFileSync(keyFile, 'utf8'));
const key = createPrivateKey({ key: jwk, format: 'jwk' });
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const head = part({ alg: 'EdDSA', kid, typ: 'JWT' });
const bearerOf = (sub: string) => {
  const now = Math.floor(Date.now() / 1000);
  const claims = { role: 'customer', sub, iss: issuer, aud: audience, iat: now, exp: now + 900 };
  const signed = `${head}.${part(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
};
const tokens = Array.from({ length: Number(bearers) }, () => bearerOf(randomUUID()));
const body = JSON.stringify({
  items: [
    { sku: 'tea-sencha', quantity: 2 },
    { sku: 'cup-yunomi', quantity: 4 },
  ],
  currency: 'EUR',
  paymentToken: 'tok_ok',
});

let next = 0;
const requestNow = () =>
  `POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${tokens[next++ % tokens.length]}\r\n` +
  `Idempotency-Key: ${randomUUID()}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

const times: number[] = [];
let failed = 0;
let failure: string | undefined;
const end = performance.now() + Number(seconds) * 1000;

const caller = () =>
  new Promise<void>((done) => {
    const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
    let began = 0;
    let answer = '';
    const ask = () => {
      began = performance.now();
      if (began > end) return socket.destroy();
      answer = '';
      socket.write(requestNow());
    };
    socket.on('connect', ask);
    socket.setEncoding('latin1').on('data', (data: string) => {
      answer += data;
      const stop = answer.indexOf('\r\n\r\n');
      if (stop < 0) return;
      const length = /content-length: (\d+)/i.exec(answer.slice(0, stop))?.[1];
      const whole = length ? answer.length >= stop + 4 + Number(length) : answer.endsWith('0\r\n\r\n');
      if (!whole) return;
      if (!answer.startsWith('HTTP/1.1 201')) {
        failed++;
        failure ??= answer.slice(0, 600);
      }
      times.push(performance.now() - began);
      ask();
    });
    socket.on('error', (error) => {
      failed++;
      failure ??= String(error);
    });
    socket.on('close', () => done());
  });

await Promise.all(Array.from({ length: Number(connections) }, caller));
times.sort((a, b) => a - b);
const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
const seen: OrdersSeen = {
  perSecond: Math.round(times.length / Number(seconds)),
  placed: times.length,
  p50: at(0.5),
  p99: at(0.99),
  failed,
  ...(failure && { failure }),
};
process.stdout.write(JSON.stringify(seen));
