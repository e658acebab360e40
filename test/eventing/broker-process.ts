// A broker in a process of its own, to be killed: its ingress listens on a port that it prints.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBroker } from '../../eventing/broker/broker.ts';
import type { TriggerSpec } from '../../eventing/broker/types.ts';
import { createPostgresLog } from '../../eventing/log/postgres.ts';

const { url, commitMs, triggers } = JSON.parse(process.argv[2] ?? '') as {
  url: string;
  commitMs: number;
  triggers: TriggerSpec[];
};
const broker = createBroker({ log: createPostgresLog({ url, commitMs }) });
await broker.addBroker({ namespace: 'shop', name: 'default' });
for (const trigger of triggers) await broker.addTrigger(trigger);

const server = createServer(async (req, res) => {
  const { status } = await broker.accept({
    namespace: 'shop',
    broker: 'default',
    method: req.method ?? '',
    headers: req.headers,
    body: req,
  });
  res.writeHead(status).end();
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
