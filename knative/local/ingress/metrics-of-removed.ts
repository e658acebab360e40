import { revisionKind } from '../serving/controllers/names.ts';
import type { RevisionKey } from '../serving/ports.ts';
import { keyOf } from '../store/controller.ts';
import type { Store } from '../store/types.ts';
import type { IngressMetrics } from './metrics.ts';

/** Figures go with their Revision; what a request in flight still records, with the next start. Answers how to stop. */
export const forgetRemoved = (
  store: Pick<Store, 'watch'>,
  metrics: Pick<IngressMetrics, 'forget'>,
): (() => void) =>
  store.watch(revisionKind, undefined, ({ type, object }) => {
    if (type === 'DELETED') metrics.forget(keyOf(object) as RevisionKey);
  });
