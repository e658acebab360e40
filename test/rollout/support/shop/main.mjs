// A function in variants: FAIL_EVERY n-th request with a 500, REFUSE_EVERY n-th event with a 422, DELAY_MS before each answer,
// CRASH at the start. It publishes events, and tells COLLECT what it has taken.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const { PORT, K_REVISION, FAIL_EVERY, REFUSE_EVERY, DELAY_MS = '0', CRASH, COLLECT } = process.env;
if (CRASH) throw new Error(CRASH);

const broker = 'http://kafka-broker-ingress.knative-eventing.svc.cluster.local/kagari/default';
let asked = 0;
let told = 0;

const publish = async ({ searchParams }) => {
  const key = searchParams.get('key');
  const headers = {
    'ce-specversion': '1.0',
    'ce-id': searchParams.get('id'),
    'ce-source': '/shop',
    'ce-type': 'sold',
    ...(key && { 'ce-partitionkey': key }),
  };
  const { status } = await fetch(broker, { method: 'POST', headers });
  return status;
};

const take = async (path, headers) => {
  told++;
  if (REFUSE_EVERY && told % Number(REFUSE_EVERY) === 0) return 422;
  const receipt = {
    id: headers['ce-id'],
    key: headers['ce-partitionkey'] ?? null,
    revision: K_REVISION,
    path,
  };
  await fetch(COLLECT, { method: 'POST', body: JSON.stringify(receipt) });
  return 204;
};

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://shop');
  if (url.pathname === '/health') return response.end('{"status":"ok"}');
  if (url.pathname === '/publish') return response.writeHead(await publish(url)).end();
  if (request.headers['ce-id']) return response.writeHead(await take(url.pathname, request.headers)).end();
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
