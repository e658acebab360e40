import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importImage } from '../../images/import-image.ts';
import { createImageStore } from '../../images/store.ts';
import { createIngress } from '../../ingress/ingress.ts';
import { createRouteTable } from '../../ingress/route-table.ts';
import type { Log } from '../../store/types.ts';
import { createReaper, type Reaper } from '../pods/reaper.ts';
import type { PodContext, RevisionKey, RevisionSpec, RevisionState, Scaling } from '../ports.ts';
import { createRevisions, type Revisions, type RevisionsOptions } from '../revisions.ts';
import { type Call, call } from './call.ts';
import { until } from './until.ts';

export const serverFolder = join(import.meta.dirname, 'server');

export interface DataPlane {
  home: string;
  revisions: Revisions;
  states: Map<RevisionKey, RevisionState>;
  /** `active KEY`, `idle KEY`, in order. */
  marks: string[];
  /** What pods get, by revision; read at each start. */
  contexts: Map<RevisionKey, PodContext>;
  internal: string;
  external: string;
  ingress: ReturnType<typeof createIngress>;
  table: ReturnType<typeof createRouteTable>;
  reaper: Reaper;
  importServer(): Promise<string>;
  /** Lets a revision `test/NAME-00001` run and routes NAME.test.svc.cluster.local and NAME.test.localhost to it. */
  run(
    name: string,
    spec?: PartialSpec,
    standing?: Partial<Parameters<Revisions['ensure']>[2]>,
  ): Promise<RevisionKey>;
  /** From outside, by the public host. */
  call(name: string, path: string, options?: Call): ReturnType<typeof call>;
  state(key: RevisionKey, condition: (state: RevisionState) => boolean): Promise<unknown>;
  stop(): Promise<void>;
}

export type PartialSpec = Partial<Omit<RevisionSpec, 'scaling'>> & {
  scaling?: Partial<Scaling>;
  env?: Record<string, string>;
};

const silent: Log = { info() {}, warn() {}, error() {}, debug() {} };

/** The data plane with real processes, in a home of its own whose name has a space. */
export const startDataPlane = async (options: Partial<RevisionsOptions> = {}): Promise<DataPlane> => {
  const home = options.home ?? join(await mkdtemp(join(tmpdir(), 'kagari plane ')), '.kagari');
  const images = createImageStore(home);
  const reaper = createReaper(silent);
  const states: DataPlane['states'] = new Map();
  const contexts: DataPlane['contexts'] = new Map();
  const marks: string[] = [];
  let internal = '';
  const revisions = await createRevisions({
    images,
    home,
    reaper,
    proxy: () => internal,
    path: '/usr/local/bin:/usr/bin:/bin',
    context: async (key) => contexts.get(key) ?? { env: {}, volumes: [] },
    onState: (key, state) => states.set(key, state),
    markActive: async (key) => void marks.push(`active ${key}`),
    markIdle: async (key) => void marks.push(`idle ${key}`),
    log: silent,
    tickMs: 100,
    scaleToZeroGraceMs: 0,
    ...options,
  });
  const table = createRouteTable();
  const ingress = createIngress({ table, revisions, defaultHost: 'gateway.test.svc.cluster.local' });
  internal = await ingress.listenInternally();
  const port = await ingress.listen(0);
  const external = `http://127.0.0.1:${port}`;
  const importServer = () =>
    importImage(images, {
      folder: serverFolder,
      reference: 'dev.local/server:dev',
      entrypoint: ['node', 'main.mjs'],
    });

  return {
    home,
    revisions,
    states,
    marks,
    contexts,
    internal,
    external,
    ingress,
    table,
    reaper,
    importServer,
    async run(name, { env: stated, ...spec } = {}, standing = {}) {
      const key: RevisionKey = `test/${name}-00001`;
      if (stated) contexts.set(key, { env: stated, volumes: [] });
      revisions.ensure(key, makeSpec(name, spec.imageDigest ?? (await importServer()), spec), {
        proven: true,
        scale: 0,
        ...standing,
      });
      const targets = [{ revision: key, percent: 100 }];
      table.put(`test/${name}`, [
        { host: `${name}.test.svc.cluster.local`, public: false, targets },
        { host: `${name}.test.localhost`, public: true, targets },
      ]);
      return key;
    },
    call: (name, path, more = {}) =>
      call(external + path, { ...more, headers: { host: `${name}.test.localhost`, ...more.headers } }),
    state: (key, condition) =>
      until(`the state of ${key} is as it should be`, () => {
        const state = states.get(key);
        return state !== undefined && condition(state);
      }),
    async stop() {
      await ingress.drain(500);
      await revisions.stop({ drainMs: 500, graceMs: 500 });
      await ingress.close();
      await reaper.close();
      await rm(join(home, '..'), { recursive: true, force: true });
    },
  };
};

const makeSpec = (name: string, imageDigest: string, spec: PartialSpec): RevisionSpec => ({
  namespace: 'test',
  name: `${name}-00001`,
  service: name,
  configuration: name,
  containerConcurrency: 0,
  timeoutSeconds: 300,
  ...spec,
  imageDigest,
  scaling: {
    metric: 'concurrency',
    target: 100,
    targetUtilization: 0.7,
    minScale: 0,
    maxScale: 0,
    initialScale: 1,
    activationScale: 1,
    windowMs: 60_000,
    panicWindowPercentage: 10,
    panicThresholdPercentage: 200,
    scaleDownDelayMs: 0,
    retentionMs: 0,
    ...spec.scaling,
  },
});
