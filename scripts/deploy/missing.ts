/** Something that a deployment needs and that is not there: what, and the command that mends it. */
export interface Missing {
  what: string;
  mend: string;
}

const knative = 'knative-v1.21.0';
const release = (repository: string, file: string) =>
  `kubectl apply -f https://github.com/${repository}/releases/download/${knative}/${file}`;

const inSteps = (...commands: string[]) => commands.join(' && ');

/** Has Kourier add the address of its caller to X-Forwarded-For. */
export const noteCallers = (kubectl: string): string =>
  `${kubectl} patch configmap/config-kourier -n knative-serving --type merge -p '{"data":{"use-remote-address":"true"}}'`;

/** The commands that install what a deployment needs; in this order where several are named. */
export const install = {
  serving: inSteps(
    release('knative/serving', 'serving-crds.yaml'),
    release('knative/serving', 'serving-core.yaml'),
  ),
  kourier: inSteps(
    release('knative-extensions/net-kourier', 'kourier.yaml'),
    `kubectl patch configmap/config-network -n knative-serving --type merge -p '{"data":{"ingress-class":"kourier.ingress.networking.knative.dev"}}'`,
    noteCallers('kubectl'),
  ),
  eventing: inSteps(
    release('knative/eventing', 'eventing-crds.yaml'),
    release('knative/eventing', 'eventing-core.yaml'),
  ),
  channelBroker: inSteps(
    release('knative/eventing', 'in-memory-channel.yaml'),
    release('knative/eventing', 'mt-channel-broker.yaml'),
  ),
  kafkaBroker: inSteps(
    release('knative-extensions/eventing-kafka-broker', 'eventing-kafka-controller.yaml'),
    release('knative-extensions/eventing-kafka-broker', 'eventing-kafka-broker.yaml'),
  ),
  kafkaSource: inSteps(
    release('knative-extensions/eventing-kafka-broker', 'eventing-kafka-controller.yaml'),
    release('knative-extensions/eventing-kafka-broker', 'eventing-kafka-source.yaml'),
  ),
};

const downloads: Record<string, (platform: string, arch: string) => string> = {
  kubectl: (platform, arch) => `https://dl.k8s.io/release/v1.35.0/bin/${platform}/${arch}/kubectl`,
  kind: (platform, arch) => `https://kind.sigs.k8s.io/dl/latest/kind-${platform}-${arch}`,
  minikube: (platform, arch) =>
    `https://github.com/kubernetes/minikube/releases/latest/download/minikube-${platform}-${arch}`,
};

/** The command that installs a program here. */
export const installProgram = (
  program: 'kubectl' | 'kind' | 'minikube' | 'buildah',
  platform: NodeJS.Platform = process.platform,
  arch: string = process.arch,
): string => {
  if (platform === 'darwin') return `brew install ${program === 'buildah' ? 'podman' : program}`;
  if (program === 'buildah') return 'sudo apt-get install buildah';
  const url = downloads[program]?.('linux', arch === 'arm64' ? 'arm64' : 'amd64');
  return `sudo curl -fLo /usr/local/bin/${program} ${url} && sudo chmod +x /usr/local/bin/${program}`;
};
