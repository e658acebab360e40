export const serving = '/apis/serving.knative.dev/v1';
export const services = `${serving}/namespaces/kagari/services`;
export const configMaps = '/api/v1/namespaces/kagari/configmaps';
export const secrets = '/api/v1/namespaces/kagari/secrets';
export const podsPath = '/api/v1/namespaces/kagari/pods';

export const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
export const merge = 'application/merge-patch+json';
export const strategic = 'application/strategic-merge-patch+json';
export const jsonPatchType = 'application/json-patch+json';
export const applyPatch = 'application/apply-patch+yaml';

interface Meta {
  name?: string;
  generateName?: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export const configMap = (name: string, data: Record<string, string> = {}, meta: Meta = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...meta },
  data,
});

export const service = (name: string, env: Record<string, string> = {}, meta: Meta = {}) => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Service',
  metadata: { name, ...meta },
  spec: {
    template: {
      spec: {
        containers: [
          {
            image: 'dev.local/hello:v1',
            env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
          },
        ],
      },
    },
  },
});
