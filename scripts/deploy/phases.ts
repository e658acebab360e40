import type { NewObject } from '../../knative/local/store/types.ts';
import { isService, kindOf } from './overlay.ts';

/** What is applied together; each phase needs the one before it. */
export interface Phases {
  namespaces: NewObject[];
  /** Databases, configuration, policy: whatever has no code of ours in it. */
  foundation: NewObject[];
  jobs: NewObject[];
  /** Brokers and the bindings to them, with the Services that take what a Broker cannot deliver. */
  eventing: NewObject[];
  functions: NewObject[];
}

export const phasesOf = (objects: readonly NewObject[]): Phases => {
  const sinks = new Set(
    objects
      .filter((object) => kindOf(object) === 'Broker.eventing.knative.dev')
      .map((broker) => broker.spec?.delivery?.deadLetterSink?.ref?.name),
  );
  const phases: Phases = { namespaces: [], foundation: [], jobs: [], eventing: [], functions: [] };
  for (const object of objects) phases[phaseOf(object, sinks)].push(object);
  return phases;
};

const phaseOf = (object: NewObject, sinks: ReadonlySet<string>): keyof Phases => {
  const kind = kindOf(object);
  if (kind === 'Namespace') return 'namespaces';
  if (kind === 'Job.batch') return 'jobs';
  if (kind === 'Broker.eventing.knative.dev' || kind === 'SinkBinding.sources.knative.dev') return 'eventing';
  if (isService(object)) return sinks.has(object.metadata.name) ? 'eventing' : 'functions';
  return runsWithServices.test(kind) ? 'functions' : 'foundation';
};

const runsWithServices =
  /^(DomainMapping\.serving|Trigger\.eventing|[A-Z]\w+Source\.sources)\.knative\.dev$|^CronJob\.batch$/;
