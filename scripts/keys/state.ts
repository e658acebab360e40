import type { JWK } from 'jose';
import { publicPart, publishedKeys } from '../../knative/local/secrets/signing-keys.ts';
import type { KubeObject } from '../../knative/local/store/types.ts';

/** What stands of a rotation, kept in an annotation of the ConfigMap; times as RFC 3339. */
export interface Marks {
  /** The key that a rotation goes to, until what it leaves behind is marked. */
  rotatingTo?: string;
  /** When a key was published, by its id. */
  published: Record<string, string>;
  /** When it may go, by its id: no token that it signed lives any more. */
  retire: Record<string, string>;
}

export interface KeyState {
  /** Secret auth-keys, private.jwk: what auth signs with. */
  signing: JWK;
  /** Secret auth-keys, next.jwk, as JSON, and its public part: what auth will sign with. */
  next: { text: string; key: JWK } | undefined;
  /** ConfigMap auth-jwks, jwks.json: what verifiers know. */
  published: JWK[];
  marks: Marks;
}

export interface KeyObjects {
  secret: KubeObject;
  config: KubeObject;
}

const annotation = 'kagari.dev/signing-keys';

export const readState = async ({ secret, config }: KeyObjects): Promise<KeyState> => {
  const [signing, next] = [secretText(secret, 'private.jwk'), secretText(secret, 'next.jwk')];
  if (signing === undefined)
    throw new Error('Secret kagari/auth-keys has no private.jwk: start the platform, or deploy it, first');
  const kept = JSON.parse(config.metadata.annotations?.[annotation] ?? '{}');
  return {
    signing: await publicPart(signing),
    next: next === undefined ? undefined : { text: next, key: await publicPart(next) },
    published: publishedKeys(config.data?.['jwks.json']),
    marks: { published: {}, retire: {}, ...kept },
  };
};

/** The Secret with these keys; what else it has stays. */
export const withKeys = (
  secret: KubeObject,
  keys: { signing?: string; next: string | undefined },
): KubeObject => {
  const { 'next.jwk': _, ...data } = secret.data ?? {};
  return {
    ...secret,
    data: {
      ...data,
      ...(keys.signing !== undefined && { 'private.jwk': encoded(keys.signing) }),
      ...(keys.next !== undefined && { 'next.jwk': encoded(keys.next) }),
    },
  };
};

/** The ConfigMap with these public keys and marks; marks of keys that are gone go with them. */
export const withPublished = (config: KubeObject, keys: readonly JWK[], marks: Marks): KubeObject => {
  const there = (times: Record<string, string>) =>
    Object.fromEntries(Object.entries(times).filter(([kid]) => keys.some((key) => key.kid === kid)));
  const kept: Marks = { ...marks, published: there(marks.published), retire: there(marks.retire) };
  return {
    ...config,
    metadata: {
      ...config.metadata,
      annotations: { ...config.metadata.annotations, [annotation]: JSON.stringify(kept) },
    },
    data: { ...config.data, 'jwks.json': JSON.stringify({ keys }) },
  };
};

const secretText = ({ data }: KubeObject, key: string): string | undefined => {
  const value = data?.[key];
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : undefined;
};

const encoded = (text: string) => Buffer.from(text).toString('base64');
