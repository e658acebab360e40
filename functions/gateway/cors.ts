import * as z from 'zod';

/** In the environment: `https://shop.example,http://localhost:5173`. No `*`: who may call is named. */
export const originsVariable = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((origin) => origin.trim() || []))
  .refine((origins) => origins.every(isOrigin), 'must be origins such as https://shop.example, with commas');

const isOrigin = (text: string) =>
  /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;

/** Bearers stand in a header, cookies there are none: credentials in the sense of fetch are never allowed. */
const mayAsk = 'authorization, content-type, idempotency-key, traceparent';
const maySee =
  'etag, idempotent-replayed, location, ratelimit, ratelimit-policy, retry-after, www-authenticate';

export type Cors = ReturnType<typeof createCors>;

/** https://fetch.spec.whatwg.org/#http-cors-protocol, for the named origins only. */
export const createCors = (origins: readonly string[]) => {
  const known = new Set(origins);
  return {
    /** What an answer to this origin says: to others nothing but that it depends on it. */
    headers(origin: string | undefined): [string, string][] {
      if (known.size === 0) return [];
      if (origin === undefined || !known.has(origin)) return [['vary', 'origin']];
      return [
        ['vary', 'origin'],
        ['access-control-allow-origin', origin],
        ['access-control-expose-headers', maySee],
      ];
    },
    /** The answer to a preflight request; undefined where it is none, or of an origin that is not known. */
    preflight(request: Request, methods: readonly string[]): Response | undefined {
      const origin = request.headers.get('origin');
      if (request.method !== 'OPTIONS' || origin === null || !known.has(origin)) return undefined;
      if (!request.headers.has('access-control-request-method')) return undefined;
      return new Response(null, {
        status: 204,
        headers: {
          'access-control-allow-methods': methods.join(', '),
          'access-control-allow-headers': mayAsk,
          'access-control-max-age': '600',
        },
      });
    },
  };
};
