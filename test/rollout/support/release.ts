import { mkdir, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
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
};
export type Variant = keyof typeof variants;

const yaml = (image: Variant) => `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: shop-${image} }
spec:
  template:
    spec:
      containers: [{ image: 'dev.local/shop:${image}' }]
`;

/** A platform with the function shop in two Services, and the command line to release other images of it. */
export const startShop = async () => {
  const home = await newHome();
  const manifests = join(home, '../yaml');
  await mkdir(manifests, { recursive: true });
  for (const image of ['v1', 'steady'] as const)
    await writeFile(join(manifests, `${image}.yaml`), yaml(image));
  const begin = (...args: string[]) => startKagari([...args, '--home', home]);
  const kagari = (...args: string[]) => begin(...args).said;
  for (const [tag, env] of Object.entries(variants)) {
    const settings = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    const image = ['image', 'import', shop, '--entrypoint', 'node main.mjs', '-t', `dev.local/shop:${tag}`];
    const { code, stderr } = await kagari(...image, ...settings);
    if (code !== 0) throw new Error(stderr);
  }
  const platform = await startPlatform({
    home,
    directPort: 0,
    args: ['-f', manifests, '--default-service', 'shop-v1'],
  });
  const agent = new Agent({ keepAlive: true });

  const ask = (name: string): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const headers = { host: `${name}.kagari.localhost` };
      const asking = request({ host: '127.0.0.1', port: platform.port, agent, headers }, (response) => {
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
    async close() {
      agent.destroy();
      return platform.end('SIGTERM');
    },
  };
};

export type Shop = Awaited<ReturnType<typeof startShop>>;
