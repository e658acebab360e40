// A function in variants: FAIL_EVERY n-th request with a 500, DELAY_MS before each answer, CRASH at the start.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { PORT, K_REVISION, FAIL_EVERY, DELAY_MS = '0', CRASH } = process.env;
if (CRASH) throw new Error(CRASH);

let asked = 0;
const server = createServer(async (request, response) => {
  if (request.url === '/health') return response.end('{"status":"ok"}');
  asked++;
  const failed = FAIL_EVERY && asked % Number(FAIL_EVERY) === 0;
  await sleep(Number(DELAY_MS));
  response.writeHead(failed ? 500 : 200).end(K_REVISION);
});
server.keepAliveTimeout = 95_000;
server.listen(Number(PORT));
process.on('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});
