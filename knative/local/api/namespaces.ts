import { StatusError } from '../store/status-error.ts';
import type { Store } from '../store/types.ts';

const always = ['default', 'kagari'];

/** Makes the namespaces that are always there. */
export const ensureNamespaces = async (store: Store): Promise<void> => {
  for (const name of always) {
    if (store.get('Namespace', undefined, name)) continue;
    await store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }).catch(ignoreExisting);
  }
};

const ignoreExisting = (error: unknown) => {
  if (!(error instanceof StatusError && error.reason === 'AlreadyExists')) throw error;
};
