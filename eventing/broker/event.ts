/** A CloudEvent as brokers handle it: attributes as their canonical strings, data as bytes (none: empty). */
export interface CloudEvent {
  readonly attributes: ReadonlyMap<string, string>;
  readonly data: Uint8Array;
}

/** Why something is no CloudEvent, in one sentence for who sent it. */
export class NotAnEvent extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NotAnEvent';
  }
}

export const attributeName = /^[a-z0-9]+$/;

/** With these attributes set, in place of what it had under their names. */
export const withAttributes = (event: CloudEvent, attributes: Record<string, string>): CloudEvent => ({
  attributes: new Map([...event.attributes, ...Object.entries(attributes)]),
  data: event.data,
});

export const identityOf = ({ attributes }: CloudEvent): { id: string; source: string; type: string } => ({
  id: attributes.get('id') ?? '',
  source: attributes.get('source') ?? '',
  type: attributes.get('type') ?? '',
});
