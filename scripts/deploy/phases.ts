import type { NewObject } from '../../knative/local/store/types.ts';
import { kindOf } from './overlay.ts';

/** What is applied together; each phase needs the one before it. */
export interface Phases {
  namespaces: NewObject[];
  /** Databases, configuration, policy: whatever has no code of ours in it. */
  foundation: NewObject[];
  jobs: NewObject[];
  /** Brokers, and the bindings of Services to them. */
  eventing: NewObject[];
  functions: NewObject[];
  /** What leads to the functions: made before them, its controllers would try again with growing pauses. */
  ways: NewObject[];
}

export const phasesOf = (objects: readonly NewObject[]): Phases => {
  const phases: Phases = { namespaces: [], foundation: [], jobs: [], eventing: [], functions: [], ways: [] };
  for (const object of objects) phases[phaseOf(kindOf(object))].push(object);
  return phases;
};

const phaseOf = (kind: string): keyof Phases => {
  if (kind === 'Namespace') return 'namespaces';
  if (kind === 'Job.batch') return 'jobs';
  if (kind === 'Broker.eventing.knative.dev' || kind === 'SinkBinding.sources.knative.dev') return 'eventing';
  if (kind === 'Service.serving.knative.dev') return 'functions';
  return leadsToServices.test(kind) ? 'ways' : 'foundation';
};

const leadsToServices =
  /^(DomainMapping\.serving|Trigger\.eventing|[A-Z]\w+Source\.sources)\.knative\.dev$|^CronJob\.batch$/;
