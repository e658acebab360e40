import { StatusError } from '../store/status-error.ts';
import type { KubeObject, Store } from '../store/types.ts';

/** Writes an object's status unless it is gone or another has taken its name by now. */
export const writeStatus = async (
  store: Store,
  { apiVersion, kind, metadata: { name, namespace, uid, generation } }: KubeObject,
  status: Record<string, unknown>,
): Promise<void> => {
  try {
    await store.updateStatus({
      apiVersion,
      kind,
      metadata: { name, uid, ...(namespace && { namespace }) },
      status: { observedGeneration: generation, ...status },
    });
  } catch (error) {
    if (!(error instanceof StatusError && (error.reason === 'NotFound' || error.reason === 'Conflict')))
      throw error;
  }
};
