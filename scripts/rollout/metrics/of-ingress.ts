import type { Cluster, Metrics } from '../ports.ts';
import {
  bucketName,
  type DeliverySample,
  revisionLabel,
  type Sample,
  sideOf,
  sideOfDeliveries,
} from './samples.ts';

const deliveryName = 'kagari_event_delivery_duration_seconds_bucket';

/** What the local runtime's ingress has seen, which its Kubernetes API tells at /metrics. */
export const metricsOfIngress = (cluster: Pick<Cluster, 'text' | 'namespace'>): Metrics => ({
  async read(revisions, { only }) {
    const query = revisions.map((name) => `revision=${encodeURIComponent(`${cluster.namespace}/${name}`)}`);
    const text = await cluster.text(`/metrics?${query.join('&')}`);
    if (!text.includes(`# TYPE ${bucketName.replace(/_bucket$/, '')} `))
      throw new Error('/metrics says nothing of revisions');
    const samples = text.split('\n').flatMap(parseLine);
    return revisions.map((revision) => {
      const of = (name: string) =>
        samples.filter((sample) => sample.name === name && sample.labels[revisionLabel] === revision);
      const deliveries = of(deliveryName);
      const counted = deliveries.filter(({ labels }) => labels.le === '+Inf').map(delivery);
      return only === 'events' ? sideOfDeliveries(deliveries, counted) : sideOf(of(bucketName), counted);
    });
  },
});

const delivery = ({ labels, value }: Sample): DeliverySample => ({
  code: Number(labels.http_response_status_code),
  outcome: labels.outcome as DeliverySample['outcome'],
  count: value,
});

const parseLine = (line: string): (Sample & { name: string })[] => {
  const [, name = '', labels = '', value] = /^(\w+_bucket)\{(.*)\} (\S+)$/.exec(line) ?? [];
  if (!name) return [];
  const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', text = '']) => [key, text]);
  return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
};
