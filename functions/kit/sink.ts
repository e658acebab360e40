import * as z from 'zod';
import { limitsOf } from '../../eventing/outbox/limits.ts';
import { httpUrl } from './config.ts';
import { durationMs } from './duration.ts';

/** For functions with an outbox. */
export const sinkEnvironment = {
  K_SINK: httpUrl,
  /** How long the sink may take for an event: a broker that answers after all its deliveries needs as long as they may take. */
  SINK_TIMEOUT: z
    .string()
    .refine((text) => (durationMs(text) ?? 0) > 0, 'must be an ISO 8601 duration, as PT3S')
    .default('PT3S'),
};

/** Where the outbox posts to, and with how much patience. */
export const sinkOf = ({ K_SINK, SINK_TIMEOUT }: { K_SINK: string; SINK_TIMEOUT: string }) => ({
  sink: new URL(K_SINK),
  limits: limitsOf(durationMs(SINK_TIMEOUT) ?? 0),
});
