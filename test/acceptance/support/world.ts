import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { createKube, type Kind, type KubeObject } from './kube.ts';
import { readAccess } from './kubeconfig.ts';
import { type ServiceSettings, service } from './objects.ts';
import { createShop } from './shop.ts';
import type { Target } from './target.ts';
import { createTool } from './tools.ts';
import { createWeb } from './web.ts';

const namespace = 'kagari';
export type World = Awaited<ReturnType<typeof openWorld>>;

/** A platform with everything to ask it, and to leave nothing on it. */
export const openWorld = async (target: Target = inject('target')) => {
  const access = await readAccess(target.kubeconfig);
  const kube = createKube(access, namespace);
  const web = createWeb(target.ingress);
  const home = await mkdtemp(join(tmpdir(), 'kagari-acceptance-'));
  const made: [Kind, string][] = [];
  const hostOf = (name: string) => `${name}.${namespace}.${target.domain}`;
  const shop = createShop(web, hostOf('gateway'));
  const { spec } = await kube.get('ksvc', 'hello');
  const image: string = spec.template.spec.containers[0].image;

  const operatorLogin = async () => {
    const { data } = await kube.get('secret', 'operator-bootstrap');
    const plain = (field: string) => Buffer.from(data[field], 'base64').toString();
    return { email: plain('email'), password: plain('password') };
  };

  const world = {
    target,
    access,
    kube,
    web,
    shop,
    /** Of tools: their working folder, too. */
    home,
    /** Of the function hello, which says at /info which revision it is. */
    image,
    hostOf,
    /** A name that nobody else has. */
    fresh: (name: string) => `${name}-${randomBytes(3).toString('hex')}`,
    tool: (program: string) => createTool(program, { kubeconfig: target.kubeconfig, home }),
    /** Removed at the end. */
    keepTrackOf: (kind: Kind, name: string) => void made.unshift([kind, name]),
    async make(kind: Kind, object: KubeObject): Promise<KubeObject> {
      world.keepTrackOf(kind, object.metadata.name);
      return kube.create(kind, object);
    },
    /** A Service of the function hello that is ready. */
    async serve(name: string, settings: Partial<ServiceSettings> = {}): Promise<KubeObject> {
      await world.make('ksvc', service(name, { image, ...settings }));
      return kube.ready('ksvc', name);
    },
    /**
     * A function of the platform a second time, but public: so that what only its own side may reach, its events before
     * all, can be asked from here. With this environment instead of the values it has.
     */
    async serveCopy(fn: string, env: Record<string, string> = {}): Promise<string> {
      const name = world.fresh(fn);
      const { spec } = await kube.get('ksvc', fn);
      const template = structuredClone(spec.template.spec);
      const [container] = template.containers;
      container.env = [
        ...container.env.filter((one: { name: string }) => !Object.hasOwn(env, one.name)),
        ...Object.entries(env).map(([key, value]) => ({ name: key, value })),
      ];
      await world.make('ksvc', {
        kind: 'Service',
        metadata: { name },
        spec: { template: { spec: template } },
      });
      await kube.ready('ksvc', name);
      return name;
    },
    /** The headers of the operator's requests. */
    operator: async () => {
      const { email, password } = await operatorLogin();
      return shop.logIn(email, password);
    },
    openDesk: async () => shop.openDesk(await operatorLogin()),
    async close() {
      for (const [kind, name] of made) await kube.remove(kind, name);
      kube.close();
      web.close();
      await rm(home, { recursive: true, force: true });
    },
  };
  return world;
};
