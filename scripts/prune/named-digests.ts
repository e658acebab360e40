import type { KubeObject } from '../../knative/local/store/types.ts';

/** The digests that a Revision names: in its spec, and as its image was resolved. */
export const namedBy = ({ spec, status }: KubeObject): string[] =>
  [resolvedBy(status), ...(spec.containers ?? []).map(({ image }: { image?: string }) => image)].flatMap(
    (image) => image?.split('@')[1] ?? [],
  );

export const isResolved = ({ spec, status }: KubeObject): boolean =>
  resolvedBy(status) !== undefined || /@/.test(spec.containers?.[0]?.image ?? '');

/** Its image was looked for and is not there. */
export const isMissing = ({ status }: KubeObject): boolean =>
  (status?.conditions ?? []).some(({ reason }: { reason?: string }) => reason === 'ContainerMissing');

const resolvedBy = (status: KubeObject['status']): string | undefined =>
  status?.containerStatuses?.[0]?.imageDigest;
