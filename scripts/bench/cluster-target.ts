import { createKube } from '../../test/acceptance/support/kube.ts';
import { readAccess } from '../../test/acceptance/support/kubeconfig.ts';
import { createWeb } from '../../test/acceptance/support/web.ts';

/** The cluster of KUBECONFIG, where the platform runs; the process must stand in its network. */
export const openCluster = async () => {
  const { KUBECONFIG } = process.env;
  if (!KUBECONFIG) throw new Error('KUBECONFIG is not set: cluster exec -- node scripts/bench/…');
  const kube = createKube(await readAccess(KUBECONFIG), 'kagari');
  const kourier = await kube.ask('GET', '/api/v1/namespaces/kourier-system/services/kourier');
  const web = createWeb(`http://${kourier.body.spec.clusterIP}`);
  const gateway = new URL((await kube.get('ksvc', 'gateway')).status.url).hostname;
  return {
    kube,
    web,
    hostOf: (name: string) => gateway.replace(/^gateway\./, `${name}.`),
    close: () => {
      kube.close();
      web.close();
    },
  };
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
};

/** Cut where the two parts lie closest to their means. */
export const twoModes = (values: readonly number[]): [fast: number[], slow: number[]] => {
  const sorted = values.toSorted((a, b) => a - b);
  const spread = (part: readonly number[]) => {
    const mean = part.reduce((sum, value) => sum + value, 0) / part.length;
    return part.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  };
  const cuts = sorted.slice(1).map((_, i) => i + 1);
  const within = (cut: number) => spread(sorted.slice(0, cut)) + spread(sorted.slice(cut));
  const best = cuts.reduce((least, cut) => (within(cut) < within(least) ? cut : least), 1);
  return [sorted.slice(0, best), sorted.slice(best)];
};
