import type { KubeObject, NewObject, Reader, Store } from '../store/types.ts';

/** What keeps the Secrets: the local runtime's store, or a cluster's API. */
export type Keeper = Pick<Store, 'get' | 'create' | 'update'>;

/** Where everything that is generated lives. */
export const namespace = 'kagari';

/** A first start makes the Secrets before any manifest has brought their namespace. */
export const ensureNamespace = async (store: Keeper): Promise<void> => {
  if (store.get('Namespace', undefined, namespace)) return;
  await store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
};

export const secretValue = (store: Pick<Reader, 'get'>, name: string, key: string): string | undefined => {
  const encoded = store.get('Secret', namespace, name)?.data?.[key];
  return typeof encoded === 'string' ? Buffer.from(encoded, 'base64').toString('utf8') : undefined;
};

export const configValue = (store: Pick<Reader, 'get'>, name: string, key: string): string | undefined =>
  store.get('ConfigMap', namespace, name)?.data?.[key];

/** Sets these values of a Secret and keeps its others; makes it where there is none. */
export const putSecret = (
  store: Keeper,
  name: string,
  values: Record<string, string>,
): Promise<KubeObject> => {
  const encoded = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return put(store, { apiVersion: 'v1', kind: 'Secret', type: 'Opaque' }, name, Object.fromEntries(encoded));
};

/** Sets these values of a ConfigMap and keeps its others; makes it where there is none. */
export const putConfig = (store: Keeper, name: string, values: Record<string, string>): Promise<KubeObject> =>
  put(store, { apiVersion: 'v1', kind: 'ConfigMap' }, name, values);

const put = (
  store: Keeper,
  type: Omit<NewObject, 'metadata'> & { apiVersion: string; kind: string },
  name: string,
  data: Record<string, string>,
): Promise<KubeObject> => {
  const standing = store.get(type.kind, namespace, name);
  return standing
    ? store.update({ ...standing, data: { ...standing.data, ...data } })
    : store.create({ ...type, metadata: { name, namespace }, data });
};
