import { join } from 'node:path';
import { flood } from '../../acceptance/support/flood.ts';
import type { Kube } from '../../acceptance/support/kube.ts';
import { scale, service } from '../../acceptance/support/objects.ts';
import { until } from '../../acceptance/support/until.ts';
import type { Web } from '../../acceptance/support/web.ts';
import { startKagari } from '../../rollout/support/kagari.ts';
import { imageOf } from '../image.ts';
import { cluster, kubectl } from '../lab.ts';
import { prometheus } from '../prometheus/install.ts';

/** What the function shop is in each of its images; 60 and 180 ms stand where queue-proxy's bounds are narrow. */
const variants = {
  v1: {},
  v2: { VARIANT: 'good' },
  failing: { FAIL_EVERY: '20' },
  broken: { FAIL_EVERY: '5' },
  steady: { DELAY_MS: '60' },
  slow: { DELAY_MS: '180' },
};
export type Variant = keyof typeof variants;

export interface Reached {
  kube: Kube;
  web: Web;
  hostOf(name: string): string;
}

/** Releases of the function shop on the cluster that is reached; whoever makes Services removes them. */
export const openShop = async ({ kube, web, hostOf }: Reached) => {
  const context = (await kubectl(['config', 'current-context'])).trim();
  const place = ['--context', context, '--kubectl', `${cluster} exec -- kubectl`];
  const images = new Map<Variant, string>();
  const imageFor = async (variant: Variant): Promise<string> => {
    const image = images.get(variant) ?? (await buildShop(variant));
    images.set(variant, image);
    return image;
  };

  /** `rollback`, `rollout status`; with the environment of the lab's command. */
  const begin = (...args: string[]) => startKagari([...args, ...place], process.env);

  return {
    begin,
    kagari: (...args: string[]) => begin(...args).said,
    release: async (name: string, variant: Variant, ...more: string[]) => {
      const image = await imageFor(variant);
      const settings = ['--image', image, '--prometheus', prometheus, '--interval', '2s', ...more];
      return begin('rollout', name, ...settings);
    },
    /** A Service as a user makes one: to zero when a minute is over without a request. */
    async serve(name: string, variant: Variant): Promise<void> {
      const image = await imageFor(variant);
      const annotations = scale({ window: '60s' });
      await kube.create('ksvc', service(name, { image, annotations, container: { resources } }));
      await kube.ready('ksvc', name);
    },
    ask: (name: string) => web.send(hostOf(name), '/'),
    load: (name: string, perSecond: number) => flood(perSecond, () => web.send(hostOf(name), '/')),
    /** The revisions that get requests, as the Service's status says. */
    getting: async (name: string): Promise<string[]> =>
      (await kube.get('ksvc', name)).status.traffic
        .filter(({ percent = 0 }: { percent?: number }) => percent > 0)
        .map(({ revisionName }: { revisionName: string }) => revisionName),
    /** Resolves when requests at this revision alone are answered by it. */
    answeredBy: (name: string, revision: string) =>
      until(`${revision} answers`, async () => (await web.send(hostOf(name), '/')).text === revision),
  };
};

/** Without a share of the processor its times are those of what else runs. */
const resources = { requests: { cpu: '100m', memory: '64Mi' } };

export type Shop = Awaited<ReturnType<typeof openShop>>;

const buildShop = (variant: Variant): Promise<string> => {
  const environment = Object.entries(variants[variant]).map(([key, value]) => `${key}=${value}\n`);
  return imageOf('shop', {
    files: [
      join(import.meta.dirname, '../../rollout/support/shop/main.mjs'),
      join(import.meta.dirname, 'Dockerfile'),
    ],
    texts: { 'image.env': environment.join('') },
  });
};
