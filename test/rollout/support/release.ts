import { createHash, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { flood } from '../../acceptance/support/flood.ts';
import type { Reply } from '../../acceptance/support/web.ts';
import { newHome, startPlatform } from '../../support/platform.ts';
import { startKagari } from './kagari.ts';

const shop = join(import.meta.dirname, 'shop');

/** What the function shop is in each of its images. */
const variants = {
  v1: {},
  v2: { VARIANT: 'good' },
  failing: { FAIL_EVERY: '20' },
  broken: { FAIL_EVERY: '5' },
  steady: { DELAY_MS: '20' },
  slow: { DELAY_MS: '60' },
  crashing: { CRASH: 'no such table: orders' },
  refusing: { REFUSE_EVERY: '5' },
};
export type Variant = keyof typeof variants;

const service = (image: Variant) => `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: shop-${image} }
spec:
  template:
    spec:
      containers: [{ image: 'dev.local/shop:${image}' }]
`;

const serviceRef = (name: string, uri: string) =>
  `{ ref: { apiVersion: serving.knative.dev/v1, kind: Service, name: ${name} }, uri: ${uri} }`;

/** Events go to shop-events; their dead letters to shop-v1. */
const eventing = `${service('v1').replace('shop-v1', 'shop-events')}---
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: { name: default, annotations: { eventing.knative.dev/broker.class: Kafka } }
spec:
  delivery: { retry: 3, backoffDelay: PT0.1S, deadLetterSink: ${serviceRef('shop-v1', '/dead')} }
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: { name: sold }
spec:
  broker: default
  filter: { attributes: { type: sold } }
  subscriber: ${serviceRef('shop-events', '/_events')}
`;

/** A platform with the function shop in three Services, and the command line to release other images of it. */
export const startShop = async () => {
  const home = await newHome();
  const manifests = join(home, '../yaml');
  await mkdir(manifests, { recursive: true });
  for (const image of ['v1', 'steady'] as const)
    await writeFile(join(manifests, `${image}.yaml`), service(image));
  await writeFile(join(manifests, 'events.yaml'), eventing);
  const receipts = await collectReceipts();
  const begin = (...args: string[]) => startKagari([...args, '--home', home]);
  const kagari = (...args: string[]) => begin(...args).said;
  for (const [tag, env] of Object.entries(variants)) {
    const settings = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    const image = ['image', 'import', shop, '--entrypoint', 'node main.mjs', '-t', `dev.local/shop:${tag}`];
    const collect = ['--env', `COLLECT=${receipts.url}`];
    const { code, stderr } = await kagari(...image, ...settings, ...collect);
    if (code !== 0) throw new Error(stderr);
  }
  const platform = await startPlatform({
    home,
    directPort: 0,
    args: ['-f', manifests, '--default-service', 'shop-v1'],
  });
  const agent = new Agent({ keepAlive: true });

  const ask = (name: string, path = '/'): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const headers = { host: `${name}.kagari.localhost` };
      const where = { host: '127.0.0.1', port: platform.port, path };
      const asking = request({ ...where, agent, headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text } as Reply));
      });
      asking.on('error', reject);
      asking.end();
    });

  return {
    home,
    kagari,
    /** As kagari, with what it says so far and a way to kill it. */
    begin,
    ask,
    load: (name: string, perSecond: number) => flood(perSecond, () => ask(name)),
    /** Events of the type `sold`, each with an id and, where so asked, a key that ends as an id does. */
    events: (perSecond: number, { keys = 0 } = {}) => {
      const ids: string[] = [];
      const all = flood(perSecond, () => {
        const id = randomUUID();
        ids.push(id);
        const key =
          keys &&
          createHash('sha256')
            .update(String(ids.length % keys))
            .digest('hex');
        return ask('shop-v1', `/publish?id=${id}${key ? `&key=${key}` : ''}`);
      });
      return { ids, end: all.end };
    },
    /** What shop-events has taken, and what came to the dead letters, in order. */
    receipts: receipts.all,
    async close() {
      receipts.close();
      agent.destroy();
      return platform.end('SIGTERM');
    },
  };
};

export interface Receipt {
  id: string;
  key: string | null;
  revision: string;
  path: '/_events' | '/dead';
}

/** Where the function tells what it has taken: its pods may write to no file. */
const collectReceipts = async () => {
  const all: Receipt[] = [];
  const server = createServer(async (asked, answer) => {
    all.push((await json(asked)) as Receipt);
    answer.writeHead(204).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    all,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
};

export type Shop = Awaited<ReturnType<typeof startShop>>;
