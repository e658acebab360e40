import type { Cluster, Metrics } from '../ports.ts';
import { bucketName, revisionLabel, type Sample, sideOf } from './samples.ts';

/** What the local runtime's ingress has seen, which its Kubernetes API tells at /metrics. */
export const metricsOfIngress = (cluster: Pick<Cluster, 'text' | 'namespace'>): Metrics => ({
  async read(revisions) {
    const query = revisions.map((name) => `revision=${encodeURIComponent(`${cluster.namespace}/${name}`)}`);
    const text = await cluster.text(`/metrics?${query.join('&')}`);
    if (!text.includes(`# TYPE ${bucketName.replace(/_bucket$/, '')} `))
      throw new Error('/metrics says nothing of revisions');
    const samples = text.split('\n').flatMap(parseLine);
    return revisions.map((name) => sideOf(samples.filter(({ labels }) => labels[revisionLabel] === name)));
  },
});

const parseLine = (line: string): Sample[] => {
  const [, name, labels = '', value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
  if (name !== bucketName) return [];
  const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text]);
  return [{ labels: Object.fromEntries(pairs), value: Number(value) }];
};
