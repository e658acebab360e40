// A pod that does what its caller asks for, in bare Node.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { env } from 'node:process';

const { PORT, HOST, START_DELAY = '0', START_EXIT, START_SAY, IGNORE_SIGTERM, KEEP_ALIVE, ABRUPT } = env;
if (START_SAY) process.stderr.write(`${START_SAY}\n`);
if (START_EXIT) process.exit(Number(START_EXIT));
let requests = 0;
let inHand = 0;
let most = 0;

const attempt = (work) => {
  try {
    return { value: work() };
  } catch (error) {
    return { code: error.code };
  }
};

const routes = {
  '/': (_, res) => res.end(String(process.pid)),
  '/env': (_, res) => res.end(JSON.stringify(env)),
  '/most': (_, res) => res.end(String(most)),
  '/in-hand': (_, res) => res.end(String(inHand - 1)),
  '/requests': (_, res) => res.end(String(requests)),
  '/slow': ({ query }, res) => setTimeout(() => res.end(String(process.pid)), Number(query.get('ms'))),
  '/never': () => {},
  '/exit': ({ query }) => process.exit(Number(query.get('code') ?? 1)),
  '/say': ({ query }, res) => process.stdout.write(`${query.get('text')}\n`, () => res.end()),
  '/headers': ({ req }, res) =>
    res.end(JSON.stringify({ url: req.url, method: req.method, raw: req.rawHeaders })),
  '/status': ({ query }, res) => res.writeHead(Number(query.get('code')), 'As You Like It').end(),
  '/twice': (_, res) =>
    res.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Case', 'é']).end('é'),
  '/read': ({ query }, res) => {
    const read = attempt(() => readFileSync(query.get('path'), 'utf8'));
    res.end(JSON.stringify(read));
  },
  '/list': ({ query }, res) => res.end(JSON.stringify(attempt(() => readdirSync(query.get('path'))))),
  '/write': ({ query }, res) => res.end(JSON.stringify(attempt(() => writeFileSync(query.get('path'), 'x')))),
  '/spawn': (_, res) => res.end(JSON.stringify(attempt(() => spawn('sleep', ['1']).pid))),
  '/echo': ({ req }, res) => {
    res.writeHead(200, { 'content-type': req.headers['content-type'] ?? 'text/plain', trailer: 'x-sum' });
    const sum = createHash('sha256');
    req.on('data', (chunk) => {
      sum.update(chunk);
      if (!res.write(chunk)) {
        req.pause();
        res.once('drain', () => req.resume());
      }
    });
    req.on('end', () => {
      res.addTrailers({ 'x-sum': sum.digest('hex'), 'x-got': req.trailers['x-sent'] ?? '' });
      res.end();
    });
  },
  '/sse': (_, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    res.flushHeaders();
    let n = 0;
    const timer = setInterval(() => res.write(`data: ${++n}\n\n`), 20);
    res.on('close', () => clearInterval(timer));
  },
  '/break': (_, res) => {
    res.writeHead(200, { 'content-length': 100 });
    res.write('half');
    setTimeout(() => res.destroy(), 20);
  },
  '/fetch': async ({ query }, res) => {
    const answer = await fetch(query.get('url'), { method: 'POST', body: 'asked' }).catch((error) => ({
      error,
    }));
    res.end(
      answer.error ? String(answer.error.cause ?? answer.error) : `${answer.status} ${await answer.text()}`,
    );
  },
  '/reset': ({ req }) => req.socket.destroy(),
  '/early': (_, res) => res.writeHead(413, { connection: 'close' }).end('too much'),
};

const server = createServer((req, res) => {
  const url = new URL(req.url, 'http://pod');
  requests++;
  most = Math.max(most, ++inHand);
  res.on('close', () => inHand--);
  const route = routes[url.pathname] ?? ((_, answer) => answer.writeHead(404).end(req.url));
  route({ req, query: url.searchParams }, res);
});
server.on('upgrade', (req, socket) => {
  if (req.url === '/refuse') {
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    return;
  }
  const key = createHash('sha1')
    .update(`${req.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`,
  );
  socket.on('error', () => {});
  // Frames of a client are masked, a server's are not: short text frames are unmasked and sent back.
  socket.on('data', (frame) => {
    if ((frame[0] & 0x0f) === 8) return socket.end(Buffer.from([0x88, 0]));
    const mask = frame.subarray(2, 6);
    const text = frame.subarray(6).map((byte, i) => byte ^ mask[i % 4]);
    socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
  });
});
server.on('checkContinue', (req, res) => {
  if (req.url === '/early') return routes['/early']({ req }, res);
  res.writeContinue();
  server.emit('request', req, res);
});
if (KEEP_ALIVE) server.keepAliveTimeout = Number(KEEP_ALIVE);
process.on('SIGTERM', () => {
  if (IGNORE_SIGTERM) return;
  if (ABRUPT) process.exit(0);
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
setTimeout(() => server.listen(Number(PORT), HOST), Number(START_DELAY));
