/** A CloudEvent (1.0.2) in its JSON format: attributes, extensions and data side by side. */
export interface CloudEvent {
  specversion: '1.0';
  id: string;
  source: string;
  type: string;
  subject?: string;
  time?: string;
  datacontenttype?: string;
  dataschema?: string;
  partitionkey?: string;
  traceparent?: string;
  /** A JSON value; for other content types a string, or bytes in data_base64. */
  data?: unknown;
  data_base64?: string;
  [extension: string]: unknown;
}
