import { createKubectl, type Kubectl, type KubectlCommand } from './kubectl.ts';
import { installProgram, type Missing } from './missing.ts';
import type { Tools } from './tools.ts';

export type TargetKind = 'kind' | 'minikube' | 'current';

/** The cluster that is deployed to. */
export interface Target {
  kind: TargetKind;
  /** kind's or minikube's name of it. */
  cluster: string;
  context: string;
  /** The API server's URL. */
  server: string;
  kubectl: Kubectl;
}

/** Programs without which nothing can be asked. */
export const missingPrograms = (tools: Tools, kind: TargetKind, [kubectl]: KubectlCommand): Missing[] => {
  const missing: Missing[] = [];
  const need = (program: string, mend: string) => {
    if (!tools.find(program)) missing.push({ what: `${program} is not on PATH`, mend });
  };
  need(kubectl, kubectl === 'kubectl' ? installProgram('kubectl') : 'it is the first word of --kubectl');
  if (kind !== 'current') need(kind, installProgram(kind));
  return missing;
};

export const chooseTarget = async (
  tools: Tools,
  kind: TargetKind,
  command: KubectlCommand,
): Promise<Target> => {
  const { context, cluster } = await contextOf(tools, kind, command);
  const kubectl = createKubectl(tools, command, context);
  const { clusters } = JSON.parse(await kubectl.run(['config', 'view', '--minify', '-o', 'json']));
  return { kind, cluster, context, server: clusters?.[0]?.cluster?.server ?? '', kubectl };
};

const contextOf = async (
  tools: Tools,
  kind: TargetKind,
  [program, ...lead]: KubectlCommand,
): Promise<{ context: string; cluster: string }> => {
  const config = (...args: string[]) => tools.run(program, [...lead, 'config', ...args]);
  const contexts = linesOf(await config('get-contexts', '-o', 'name'));
  const current = await config('current-context').then(
    (name) => name.trim(),
    () => undefined,
  );
  if (kind === 'current') {
    if (current && contexts.includes(current)) return { context: current, cluster: current };
    const there = contexts.length > 0 ? `there are ${contexts.join(', ')}` : 'the kubeconfig has none';
    const lead = current ? `the current context ${current} does not exist` : 'no context is current';
    throw new Error(`${lead} (${there}): kubectl config use-context NAME`);
  }
  const cluster = kind === 'kind' ? await kindCluster(tools, current) : 'minikube';
  const context = kind === 'kind' ? `kind-${cluster}` : cluster;
  if (contexts.includes(context)) return { context, cluster };
  const mend =
    kind === 'kind'
      ? `kind export kubeconfig --name ${cluster}`
      : 'minikube start, or minikube update-context where it runs';
  throw new Error(`the kubeconfig has no context ${context}: ${mend}`);
};

const kindCluster = async (tools: Tools, current: string | undefined): Promise<string> => {
  const clusters = linesOf(await tools.run('kind', ['get', 'clusters']));
  const [first, more] = clusters;
  if (first === undefined) throw new Error('kind has no cluster: kind create cluster');
  if (more === undefined) return first;
  const chosen = clusters.find((cluster) => current === `kind-${cluster}`);
  if (chosen) return chosen;
  throw new Error(
    `kind has ${clusters.join(', ')}: choose one with kubectl config use-context kind-${first}, and so on`,
  );
};

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');
