import type { ServerResponse } from 'node:http';
import { Counter, Histogram, Registry } from 'prom-client';
import type { RevisionKey } from '../serving/ports.ts';

export interface IngressMetrics {
  /** Counts the answer to this request, and its time, when it is out. */
  observe(key: RevisionKey, res: ServerResponse): void;
  registry: Registry;
}

const labelNames = ['namespace', 'revision', 'code_class'] as const;

/** Requests by revision, as the ingress saw them end; an answer cut short counts as `aborted`. */
export const createIngressMetrics = (): IngressMetrics => {
  const registry = new Registry();
  const requests = new Counter({
    name: 'kagari_ingress_requests_total',
    help: 'Requests answered, by revision and class of status code',
    labelNames,
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'kagari_ingress_request_duration_seconds',
    help: 'From the request in to the answer out, a cold start included',
    labelNames,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return {
    registry,
    observe(key, res) {
      const start = performance.now();
      const [namespace = '', revision = ''] = key.split('/');
      res.once('close', () => {
        const code_class = res.writableFinished ? `${Math.floor(res.statusCode / 100)}xx` : 'aborted';
        const labels = { namespace, revision, code_class };
        requests.inc(labels);
        durations.observe(labels, (performance.now() - start) / 1000);
      });
    },
  };
};
