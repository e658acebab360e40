import { namespace } from '../../knative/local/secrets/kept.ts';
import type { KubeObject, NewObject } from '../../knative/local/store/types.ts';
import { isKourier } from './kourier.ts';
import { asList, type Kubectl } from './kubectl.ts';
import { type Need, neededBy, roomIn } from './memory.ts';
import { install, type Missing } from './missing.ts';
import { kindOf, resourceOf } from './overlay.ts';
import { readable, readConfig, unlessForbidden } from './readable.ts';

/** Whether a cluster answers, to whom it is Kubernetes; throws with what to do where it does not. */
export const checkAnswers = async (kubectl: Kubectl, context: string): Promise<void> => {
  const version = JSON.parse(await kubectl.run(['get', '--raw', '/version', '--request-timeout=10s']));
  // The version is told to anyone; nobody needs the right to see namespaces.
  await kubectl
    .run(['get', 'namespace', namespace, '--ignore-not-found', '--request-timeout=10s'])
    .catch(unlessForbidden);
  if (String(version.gitVersion).includes('kagari'))
    throw new Error(
      `context ${context} is the local runtime, which applies its manifests itself at kagari start: choose a cluster with kubectl config use-context NAME`,
    );
};

/** What the cluster has not, of all that these objects need. */
export const checkCluster = async (kubectl: Kubectl, objects: readonly NewObject[]): Promise<Missing[]> => {
  const served = new Set(
    (await kubectl.run(['api-resources', '-o', 'name', '--no-headers'])).trim().split('\n'),
  );
  const [workloads, network] = await Promise.all([
    readable(kubectl, 'deployments.apps,statefulsets.apps', ['-A']),
    readConfig(kubectl, 'config-network'),
  ]);
  const parts = partsFor(objects, network).map((part) => missingPart(part, served, workloads));
  const missing = parts.filter((part) => part !== undefined);
  if (missing.length > 0) return missing;
  return [...(await checkRights(kubectl, objects)), ...(await checkRoom(kubectl, objects))];
};

interface Part {
  name: string;
  /** A resource that only this part serves. */
  resource: string;
  deployments: readonly string[];
  /** Their controller gives them pods when there is work for them. */
  statefulSets?: readonly string[];
  command: string;
}

const partsFor = (objects: readonly NewObject[], network: KubeObject | undefined): Part[] => {
  const parts: Part[] = [
    {
      name: 'Knative Serving',
      resource: 'services.serving.knative.dev',
      deployments: ['controller', 'webhook', 'activator', 'autoscaler'].map(
        (name) => `knative-serving/${name}`,
      ),
      command: install.serving,
    },
  ];
  if (isKourier(network))
    parts.push({
      name: 'Kourier',
      resource: 'ingresses.networking.internal.knative.dev',
      deployments: ['knative-serving/net-kourier-controller', 'kourier-system/3scale-kourier-gateway'],
      command: install.kourier,
    });
  const kinds = new Set(objects.map(kindOf));
  if (![...kinds].some((kind) => /\.(eventing|sources)\.knative\.dev$/.test(kind))) return parts;
  parts.push({
    name: 'Knative Eventing',
    resource: 'triggers.eventing.knative.dev',
    deployments: ['knative-eventing/eventing-controller', 'knative-eventing/eventing-webhook'],
    command: install.eventing,
  });
  const classes = objects
    .filter((object) => kindOf(object) === 'Broker.eventing.knative.dev')
    .map(
      ({ metadata }) => metadata.annotations?.['eventing.knative.dev/broker.class'] ?? 'MTChannelBasedBroker',
    );
  if (classes.includes('Kafka'))
    parts.push({
      name: "Knative's Broker for Kafka",
      resource: 'kafkasinks.eventing.knative.dev',
      deployments: ['knative-eventing/kafka-controller', 'knative-eventing/kafka-broker-receiver'],
      statefulSets: ['knative-eventing/kafka-broker-dispatcher'],
      command: install.kafkaBroker,
    });
  if (classes.includes('MTChannelBasedBroker'))
    parts.push({
      name: "Knative's Broker on channels",
      resource: 'inmemorychannels.messaging.knative.dev',
      deployments: [
        'mt-broker-controller',
        'mt-broker-ingress',
        'mt-broker-filter',
        'imc-controller',
        'imc-dispatcher',
      ].map((name) => `knative-eventing/${name}`),
      command: install.channelBroker,
    });
  if (kinds.has('KafkaSource.sources.knative.dev'))
    parts.push({
      name: 'KafkaSource',
      resource: 'kafkasources.sources.knative.dev',
      deployments: ['knative-eventing/kafka-controller'],
      statefulSets: ['knative-eventing/kafka-source-dispatcher'],
      command: install.kafkaSource,
    });
  return parts;
};

const missingPart = (
  { name, resource, deployments, statefulSets = [], command }: Part,
  served: ReadonlySet<string>,
  workloads: readonly KubeObject[] | undefined,
): Missing | undefined => {
  if (!served.has(resource)) return { what: `${name} is not installed in the cluster`, mend: command };
  if (!workloads) return undefined;
  const find = (wanted: string, place: string) =>
    workloads.find(
      ({ kind, metadata }) => kind === wanted && `${metadata.namespace}/${metadata.name}` === place,
    );
  const absent = [
    ...deployments.filter((place) => !find('Deployment', place)),
    ...statefulSets.filter((place) => !find('StatefulSet', place)),
  ];
  if (absent.length > 0)
    return { what: `${name} is not installed in the cluster (${absent.join(', ')})`, mend: command };
  const down = deployments.find((place) => !find('Deployment', place)?.status?.availableReplicas);
  const [where, what] = down?.split('/') ?? [];
  return down === undefined
    ? undefined
    : {
        what: `${name} does not run (${down} has no pod that is ready)`,
        mend: `kubectl -n ${where} describe deployment ${what}`,
      };
};

/** Asks for all rights in one call; what may not be made is named. */
const checkRights = async (kubectl: Kubectl, objects: readonly NewObject[]): Promise<Missing[]> => {
  const resources = [...new Set([...objects.map(kindOf), 'Secret'])].map((kind) => {
    const [resource = '', ...group] = resourceOf(kind).split('.');
    return { group: group.join('.'), resource, verb: 'create', namespace };
  });
  const asked = resources.map((resourceAttributes) => ({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    metadata: { name: '' },
    spec: { resourceAttributes },
  }));
  const answers = await kubectl.run(
    ['create', '-f', '-', '-o', 'jsonpath={.status.allowed}{"\\n"}'],
    asList(asked),
  );
  const allowed = answers.trim().split('\n');
  const refused = resources
    .filter((_, i) => allowed[i] !== 'true')
    .map(({ group, resource }) => [resource, group].filter(Boolean).join('.'));
  if (refused.length === 0) return [];
  return [
    {
      what: `you may not create ${refused.join(', ')} in namespace ${namespace}`,
      mend: `kubectl auth can-i --list -n ${namespace}; who runs the cluster grants it`,
    },
  ];
};

const checkRoom = async (kubectl: Kubectl, objects: readonly NewObject[]): Promise<Missing[]> => {
  const nodes = await readable(kubectl, 'nodes', []);
  const pods = nodes && (await readable(kubectl, 'pods', ['-A']));
  if (!nodes || !pods) return [];
  const [need, room] = [neededBy(objects), roomIn(nodes, pods, namespace)];
  return [
    ...lacking('memory', need, room, (bytes) => `${Math.round(bytes / 2 ** 20)} MiB`),
    ...lacking('cpu', need, room, (cores) => `${Math.round(cores * 1000)}m`),
  ];
};

const lacking = (what: keyof Need, need: Need, room: Need, say: (amount: number) => string): Missing[] =>
  need[what] <= room[what]
    ? []
    : [
        {
          what: `too little ${what}: the pods request ${say(need[what])}, the nodes have ${say(Math.max(0, room[what]))} left`,
          mend: 'give the cluster more, or free some; kubectl describe nodes shows who has it',
        },
      ];
