import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';

const OfType = z.object({ exact: z.object({ type: z.string() }) });
const Trigger = z.object({
  kind: z.literal('Trigger'),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    filters: z.tuple([z.union([OfType, z.object({ any: z.array(OfType) })])]),
    subscriber: z.object({ ref: z.object({ name: z.string() }), uri: z.literal('/_events') }),
  }),
});

const folder = join(import.meta.dirname, '../../../knative/manifests/base');

export interface Subscription {
  name: string;
  type: string;
  subscriber: string;
}

/** Who hears of what, as the manifests say. */
export const readTriggers = (): Subscription[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => parseAllDocuments(readFileSync(join(folder, file), 'utf8')))
    .map((document) => document.toJS())
    .filter((object) => object?.kind === 'Trigger')
    .flatMap((object) => {
      const { metadata, spec } = Trigger.parse(object);
      const [filter] = spec.filters;
      return ('any' in filter ? filter.any : [filter]).map(({ exact }) => ({
        name: metadata.name,
        type: exact.type,
        subscriber: spec.subscriber.ref.name,
      }));
    });
