import { isClusterLocal } from './serving/controllers/address.ts';
import type { Reader } from './store/types.ts';

const namespace = 'kagari';

/** Throws where no public Service has this name: then no host leads to it, and what is to answer there never does. */
export const refuseUnknownDefault = (store: Pick<Reader, 'list'>, name: string): void => {
  const names = store
    .list('Service.serving.knative.dev', namespace)
    .filter((service) => !isClusterLocal(service))
    .map(({ metadata }) => metadata.name);
  if (names.includes(name)) return;
  const choice = names.length > 0 ? `name one of ${names.join(', ')}` : 'make one with -f DIR';
  throw new Error(`--default-service ${name}: namespace ${namespace} has no such public Service; ${choice}`);
};
