// SCRATCH: replaced by controllers/
import type { ImageStore } from '../images/store.ts';
import type { RouteTable } from '../ingress/route-table.ts';
import type { Log, Store } from '../store/types.ts';
import type { PodContext, RevisionKey, RevisionState } from './ports.ts';
import type { Revisions } from './revisions.ts';

const kind = 'Service.serving.knative.dev';
export const createServing = ({
  store,
  images,
  table,
  log,
}: {
  store: Store;
  images: ImageStore;
  table: RouteTable;
  log: Log;
}) => {
  const services = new Map<RevisionKey, string>();
  const b64 = (s: string) => Buffer.from(s, 'base64').toString();
  return {
    async context(key: RevisionKey): Promise<PodContext> {
      const svc = store.get(kind, 'kagari', services.get(key)!)!;
      const spec = svc.spec.template.spec;
      const env: Record<string, string> = {};
      for (const e of spec.containers[0].env ?? []) {
        const ref = e.valueFrom?.secretKeyRef;
        env[e.name] = ref ? b64(store.get('Secret', 'kagari', ref.name)!.data[ref.key]) : (e.value ?? '');
      }
      const volumes = (spec.containers[0].volumeMounts ?? []).map((m: any) => {
        const v = spec.volumes.find((x: any) => x.name === m.name);
        const files = v.configMap
          ? store.get('ConfigMap', 'kagari', v.configMap.name)!.data
          : Object.fromEntries(
              Object.entries(store.get('Secret', 'kagari', v.secret.secretName)!.data).map(([k, x]) => [
                k,
                b64(x as string),
              ]),
            );
        return { mountPath: m.mountPath, files };
      });
      return { env, volumes };
    },
    onState(key: RevisionKey, state: RevisionState) {
      log.info({ key, state }, 'state');
      if (!state.proven) return;
      const svc = store.get(kind, 'kagari', services.get(key)!)!;
      void store.updateStatus({
        ...svc,
        status: {
          observedGeneration: svc.metadata.generation,
          url: `http://${svc.metadata.name}.kagari.svc.cluster.local`,
          address: { url: `http://${svc.metadata.name}.kagari.svc.cluster.local` },
          conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }],
        },
      });
    },
    markActive: async () => {},
    markIdle: async () => {},
    async start(revisions: Revisions) {
      for (const svc of store.list(kind)) {
        const name = svc.metadata.name;
        const key = `kagari/${name}-00001` as RevisionKey;
        services.set(key, name);
        const digest = await images.resolve(svc.spec.template.spec.containers[0].image);
        const pub = svc.metadata.labels?.['networking.knative.dev/visibility'] !== 'cluster-local';
        table.put(`kagari/${name}`, [
          { host: `${name}.kagari.localhost`, public: pub, targets: [{ revision: key, percent: 100 }] },
          {
            host: `${name}.kagari.svc.cluster.local`,
            public: false,
            targets: [{ revision: key, percent: 100 }],
          },
        ] as any);
        revisions.ensure(
          key,
          {
            namespace: 'kagari',
            name: `${name}-00001`,
            service: name,
            configuration: name,
            imageDigest: digest!,
            containerConcurrency: 0,
            timeoutSeconds: 300,
            scaling: {
              metric: 'concurrency',
              target: 100,
              targetUtilization: 0.7,
              minScale: 0,
              maxScale: 0,
              initialScale: 1,
              activationScale: 1,
              windowMs: 60000,
              panicWindowPercentage: 10,
              panicThresholdPercentage: 200,
              scaleDownDelayMs: 0,
              retentionMs: 0,
            },
          },
          { proven: false, scale: 0 },
        );
      }
    },
    stop: async () => {},
  };
};
