import { createHash } from 'node:crypto';

export interface Kept {
  body: string | Uint8Array<ArrayBuffer>;
  contentType: string;
  maxAgeSeconds: number;
}

/** Answers what changes with the image only: by its ETag whoever has it is spared it (RFC 9110 §13.1.2). */
export const createKeptAnswer = ({ body, contentType, maxAgeSeconds }: Kept) => {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const headers = { etag, 'cache-control': `public, max-age=${maxAgeSeconds}` };
  return (ifNoneMatch: string | undefined | null): Response =>
    isThere(etag, ifNoneMatch)
      ? new Response(null, { status: 304, headers })
      : new Response(body, { headers: { ...headers, 'content-type': contentType } });
};

const isThere = (etag: string, ifNoneMatch: string | undefined | null): boolean =>
  ifNoneMatch
    ?.split(',')
    .map((given) => given.trim().replace(/^W\//, ''))
    .some((given) => given === etag || given === '*') ?? false;
