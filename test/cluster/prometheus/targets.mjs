// One port of each pod of a revision in a namespace, as Prometheus' http_sd asks for them: Debian's is built without Kubernetes' discovery.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const { NAMESPACE, TOKEN_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/token' } = process.env;
const pods = `https://kubernetes.default.svc/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=serving.knative.dev/revision`;

const server = createServer(async ({ url }, response) => {
  try {
    const headers = { authorization: `Bearer ${await readFile(TOKEN_FILE, 'utf8')}` };
    const answer = await fetch(pods, { headers, signal: AbortSignal.timeout(1_000) });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    const { items } = await answer.json();
    const running = items.filter(({ status }) => status.phase === 'Running' && status.podIP);
    const port = new URL(url, 'http://targets').searchParams.get('port');
    const targets = running.map(({ status }) => `${status.podIP}:${port}`);
    response.setHeader('content-type', 'application/json').end(JSON.stringify([{ targets }]));
  } catch (error) {
    console.error(error.message);
    response.writeHead(503).end();
  }
});
server.listen(9099, '127.0.0.1');
process.on('SIGTERM', () => process.exit());
