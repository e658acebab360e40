import * as z from 'zod';

/** A token bucket: `capacity` requests at once, and as many again in every `seconds`. */
export interface Limit {
  capacity: number;
  seconds: number;
}

/** In the environment: `20000/10s`. */
const limitVariable = (otherwise: string) =>
  z
    .string()
    .regex(/^[1-9]\d{0,8}\/[1-9]\d{0,4}s$/, 'must be like 20000/10s: requests, and the seconds they are for')
    .default(otherwise)
    .transform((text): Limit => {
      const [capacity, seconds] = text.slice(0, -1).split('/').map(Number) as [number, number];
      return { capacity, seconds };
    });

/** Generous: they stop who means harm, and no load test. */
export const limitsEnvironment = {
  /** Of who is signed in. */
  LIMIT_USER: limitVariable('20000/10s'),
  /** Of an address, for all that needs no token, or came with a wrong one. */
  LIMIT_ADDRESS: limitVariable('20000/10s'),
  /** Of an address, for sign-up, login and refresh. */
  LIMIT_SIGN_IN: limitVariable('1800/60s'),
};

export interface Limits {
  user: Limit;
  address: Limit;
  'sign-in': Limit;
}

export const limitsOf = (
  config: {
    [name in keyof typeof limitsEnvironment]: Limit;
  },
): Limits => ({ user: config.LIMIT_USER, address: config.LIMIT_ADDRESS, 'sign-in': config.LIMIT_SIGN_IN });

/** What a pod takes from the shared bucket at once. */
export const leaseOf = ({ capacity }: Limit): number => Math.ceil(capacity / 100);

/** How many requests of a caller it does not know yet a pod lets pass before it has asked. */
export const creditOf = (limit: Limit): number => Math.ceil(leaseOf(limit) / 2);

/** IETF draft-ietf-httpapi-ratelimit-headers-10: the policy, and what is left of it for who was refused. */
export const rateLimitHeaders = (name: string, { capacity, seconds }: Limit, waitSeconds: number) => ({
  'ratelimit-policy': `"${name}";q=${capacity};w=${seconds}`,
  ratelimit: `"${name}";r=0;t=${waitSeconds}`,
});
