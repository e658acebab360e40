import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cluster, inLab, isUp } from './lab.ts';
import { program as prometheus } from './prometheus/install.ts';

/** What test:cluster needs and does not find, each with the command that mends it. */
export const findMissing = async (): Promise<string[]> => {
  if (!cluster) return ['no `cluster` on PATH, nor named by CLUSTER: it brings up a Kubernetes with Knative'];
  if (!(await isUp())) return ['the node does not run: cluster up'];
  const [eventing, images] = await Promise.all([
    inLab('kubectl', 'get', 'crd', 'brokers.eventing.knative.dev').then(yes, no),
    inLab('ctr', 'images', 'ls', '-q'),
  ]);
  return [
    ...(eventing ? [] : ['Knative Eventing is not installed on it: eventing/install, beside `cluster`']),
    ...(images.includes('library/postgres:18')
      ? []
      : ['the image postgres:18 is not made: cluster image postgres']),
    ...(images.includes('apache/kafka:3.9.2')
      ? []
      : ['the image apache/kafka:3.9.2 is not made: cluster image kafka']),
    ...((await hasBase()) ? [] : ['the image node:24-slim is not made: cluster image base']),
    ...(prometheus
      ? []
      : [
          'no `prometheus` on PATH, nor named by PROMETHEUS: apt-get install --no-install-recommends prometheus',
        ]),
  ];
};

const yes = () => true;
const no = () => false;

/** Only builds need it, so the node does not have it. */
const hasBase = (): Promise<boolean> => {
  const { CLUSTER_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = CLUSTER_CACHE ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'knative-lab');
  return readFile(join(cache, 'buildah/root/overlay-images/images.json'), 'utf8').then(
    (images) => images.includes('library/node:24-slim'),
    no,
  );
};
