import type { Target } from './target.ts';
import { createWeb } from './web.ts';

/** An operation as /openapi.json describes it. */
export interface Documented {
  /** `orders.placeOrder` */
  name: string;
  method: string;
  /** `/orders/{id}` */
  path: string;
  access: 'public' | 'customer' | 'operator';
  parameters: { name: string; in: string; schema: { format?: string } }[];
  /** What is sent may be one JSON document. */
  takesBody: boolean;
  statuses: string[];
}

interface Operation {
  operationId: string;
  'x-kagari-access': Documented['access'];
  parameters?: Documented['parameters'];
  requestBody?: object;
  responses: object;
}

/** Every operation that the platform shows to the outside, by its own document. */
export const documentedBy = async ({ ingress, domain }: Target): Promise<Documented[]> => {
  const web = createWeb(ingress);
  const reply = await web.send(`gateway.kagari.${domain}`, '/openapi.json');
  web.close();
  const { paths } = reply.json<{ paths: Record<string, Record<string, Operation>> }>();
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      name: operation.operationId,
      method: method.toUpperCase(),
      path,
      access: operation['x-kagari-access'],
      parameters: operation.parameters ?? [],
      takesBody: operation.requestBody !== undefined,
      statuses: Object.keys(operation.responses),
    })),
  );
};
