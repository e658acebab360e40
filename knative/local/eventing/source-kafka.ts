import { SpecError } from '../../../eventing/broker/types.ts';
import { brokerList } from '../../../eventing/log/brokers.ts';
import { isService, serversOf } from '../admission/eventing/kafka-servers.ts';
import type { NewObject } from '../store/types.ts';

/** `servers` of the Kafka that a KafkaSource reads, absent where that is the platform's own log; or why it reads none. */
export type SourceKafka = { servers?: string[]; flaw?: never } | { servers?: never; flaw: SpecError };

/** `own`: KAFKA_BROKERS, where they are set. */
export const kafkaOf = ({ spec }: NewObject, own: readonly string[] = []): SourceKafka => {
  const named = serversOf(spec.bootstrapServers);
  const servers = named.filter((server) => !isService(server));
  if (servers.length === 0 || servers.some((server) => own.includes(server))) return {};
  const { error } = brokerList.safeParse(servers.join());
  if (error) return flawed('spec.bootstrapServers', `${servers.join()} ${error.issues[0]?.message}`);
  const { tls, sasl } = spec.net ?? {};
  return tls?.enable || sasl?.enable
    ? flawed('spec.net', `${servers.join()} is not dialled: it wants TLS or SASL, which are not spoken here`)
    : { servers };
};

const flawed = (path: string, message: string): SourceKafka => ({ flaw: new SpecError(path, message) });
