import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { KubeObject } from '../../knative/local/store/types.ts';

/** Of the Service: all that a rollout knows, so that any other call can go on with it. Of the template: whose revision it is. */
export const annotation = 'kagari.dev/rollout';

const settings = z.strictObject({
  strategy: z.enum(['canary', 'blue-green']),
  steps: z.array(z.int().min(1).max(100)).nonempty(),
  intervalSeconds: z.number().positive(),
  /** Seconds that a step may go on without a verdict, beyond the interval. */
  patienceSeconds: z.number().positive(),
  minRequests: z.int().min(1),
  maxErrorRate: z.number().min(0).max(1).optional(),
  maxP99: z.number().positive().optional(),
  /** A path of the candidate's own address. */
  probe: z.string().optional(),
  /** Events by their key in place of traffic by chance. */
  byKey: z.literal(true).optional(),
});

const record = z.strictObject({
  id: z.string(),
  image: z.string(),
  previousImage: z.string(),
  stable: z.string(),
  /** Absent until it is ready. */
  candidate: z.string().optional(),
  /** Other entries of the traffic, which stay. */
  tags: z.array(z.strictObject({ revisionName: z.string(), tag: z.string() })),
  phase: z.enum(['checking', 'shifting', 'returning', 'promoted', 'rolled back', 'aborted']),
  /** Where it ends once its Triggers are as they were, while it returns their keys. */
  towards: z.enum(['promoted', 'rolled back', 'aborted']).optional(),
  /** Index into settings.steps, while it shifts. */
  step: z.int().min(0),
  paused: z.boolean(),
  /** Of the template as it was written. */
  template: z.string(),
  /** Of the errors in the steps before. */
  evidence: z.strictObject({
    ratio: z.number(),
    broken: z.number(),
    requests: z.number(),
    errors: z.number(),
  }),
  reasons: z.array(z.string()),
  /** Who drives it; the beat goes up while he lives. */
  holder: z.strictObject({ id: z.string(), beat: z.int() }).optional(),
  settings,
});

export type Settings = z.infer<typeof settings>;
export type RolloutRecord = z.infer<typeof record>;

export type Outcome = NonNullable<RolloutRecord['towards']>;

export const isUnderWay = ({ phase }: RolloutRecord): boolean =>
  phase === 'checking' || phase === 'shifting' || phase === 'returning';

/** What the Service says of its rollout, the last one or that under way; throws where nobody could have written it so. */
export const readRecord = (service: KubeObject): RolloutRecord | undefined => {
  const text = service.metadata.annotations?.[annotation];
  if (text === undefined) return undefined;
  try {
    return record.parse(JSON.parse(text));
  } catch {
    throw new Error(
      `the annotation ${annotation} of ${service.metadata.name} is not as a rollout writes it: remove it, and look at the traffic`,
    );
  }
};

export const withRecord = (service: KubeObject, next: RolloutRecord): KubeObject => ({
  ...service,
  metadata: {
    ...service.metadata,
    annotations: { ...service.metadata.annotations, [annotation]: JSON.stringify(next) },
  },
});

export const fingerprint = (value: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex')
    .slice(0, 16);

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
};
