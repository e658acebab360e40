import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Broker, IngressAnswer } from '../../../eventing/broker/types.ts';
import type { Reader } from '../store/types.ts';
import { brokerKind } from './kinds.ts';

export interface IngressHandlerOptions {
  broker: Pick<Broker, 'accept'>;
  store: Pick<Reader, 'get'>;
}

/** Serves the internal listener's hosts of Brokers (`ingressHosts`): `POST /NAMESPACE/NAME` with one CloudEvent. */
export const brokerIngressHandler =
  ({ broker, store }: IngressHandlerOptions) =>
  async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const target = targetOf(req.url ?? '');
    const answer = target
      ? await broker.accept({ ...target, method: req.method ?? '', headers: req.headers, body: req })
      : notFound;
    const { status, headers, reason } =
      answer.status === 404 && target && store.get(brokerKind, target.namespace, target.broker)
        ? notYet
        : answer;
    res.writeHead(status, {
      ...headers,
      ...(reason && { 'content-type': 'text/plain; charset=utf-8' }),
      // the rest of a body that was refused is not worth reading
      ...(!req.complete && { connection: 'close' }),
    });
    res.end(reason);
  };

/** The Broker that a request's target names. */
const targetOf = (url: string): { namespace: string; broker: string } | undefined => {
  const [, namespace, broker] = /^\/([^/?#]+)\/([^/?#]+)(?:\?.*)?$/.exec(url) ?? [];
  return namespace && broker ? { namespace, broker } : undefined;
};

const notFound: IngressAnswer = {
  status: 404,
  headers: {},
  reason: 'no Broker at this path: it is /NAMESPACE/NAME',
};

const notYet: IngressAnswer = {
  status: 503,
  headers: { 'retry-after': '1' },
  reason: 'this Broker is not ready yet',
};
