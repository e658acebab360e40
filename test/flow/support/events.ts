import { v7 as uuidv7 } from 'uuid';
import type * as z from 'zod';
import type { CloudEvent } from '../../../eventing/contracts/cloud-event.ts';
import type { Contract } from '../../../eventing/contracts/contract.ts';
import { binaryMode } from '../../../eventing/outbox/binary-mode.ts';

export interface FetchApp {
  fetch(request: Request): Response | Promise<Response>;
}

/** An event as another function would publish it. */
export const eventOf = <S extends z.ZodType>(
  contract: Contract<S>,
  data: z.input<S>,
  more: Partial<CloudEvent> = {},
): CloudEvent => ({
  specversion: '1.0',
  id: uuidv7(),
  source: '/test',
  type: contract.type,
  subject: contract.subject(contract.schema.parse(data)),
  time: new Date().toISOString(),
  datacontenttype: 'application/json',
  data,
  ...more,
});

/** Delivers an event as a broker does, in binary mode; answers the status. */
export const deliver = async (app: FetchApp, event: CloudEvent): Promise<number> => {
  const { headers, body } = binaryMode(event);
  const request = new Request('http://function/_events', {
    method: 'POST',
    headers,
    body: new Uint8Array(body),
  });
  return (await app.fetch(request)).status;
};
