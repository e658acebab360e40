import type { Place } from './place.ts';
import type { Settings } from './record.ts';

/** Of a rollout that was begun. */
export const verbs = ['status', 'pause', 'resume', 'abort'] as const;

export type RolloutOptions = {
  name: string;
  place: Place;
  json: boolean;
} & (
  | { verb: (typeof verbs)[number] }
  | { verb: 'begin'; image: string; settings: Settings; dryRun: boolean }
);

export interface RollbackOptions {
  name: string;
  to?: string;
  json: boolean;
  place: Place;
}
