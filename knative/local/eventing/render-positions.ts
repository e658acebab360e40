import { type Broker, SpecError } from '../../../eventing/broker/types.ts';
import { StatusError } from '../store/status-error.ts';

const committedName = 'kagari_trigger_committed_offset';
const endName = 'kagari_topic_end_offset';

/** How far each of these Triggers (`NAMESPACE/NAME`) is, in Prometheus' text format; rejects with a StatusError where one is not served. */
export const renderPositions = async (
  broker: Pick<Broker, 'positions'>,
  triggers: readonly string[],
): Promise<string> => {
  const all = await Promise.all(
    triggers.map(async (key) => {
      const [namespace = '', name = ''] = key.split('/');
      const labels = (partition: number) =>
        `{k8s_namespace_name="${namespace}",kn_trigger_name="${name}",partition="${partition}"}`;
      const positions = await broker.positions(namespace, name).catch((error: Error) => {
        throw error instanceof SpecError ? new StatusError('NotFound', error.message) : error;
      });
      return {
        committed: positions.map(({ committed }, i) => `${committedName}${labels(i)} ${committed}`),
        end: positions.map(({ end }, i) => `${endName}${labels(i)} ${end}`),
      };
    }),
  );
  const lines = [
    `# HELP ${committedName} The next offset that a Trigger's group has not seen to.`,
    `# TYPE ${committedName} gauge`,
    ...all.flatMap(({ committed }) => committed),
    `# HELP ${endName} The next free offset of the topic of a Trigger's Broker.`,
    `# TYPE ${endName} gauge`,
    ...all.flatMap(({ end }) => end),
  ];
  return `${lines.join('\n')}\n`;
};
