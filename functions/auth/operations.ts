import * as z from 'zod';
import { operation } from '../kit/operation.ts';

/** Lengths count characters, as JSON Schema does, not UTF-16 units. */
const characters = (min: number, max: number) =>
  z
    .string()
    .refine((text) => length(text) >= min && length(text) <= max, `must have ${min} to ${max} characters`)
    .meta({ minLength: min, maxLength: max });

const length = (text: string) => [...text].length;

/** Trimmed and in lower case: one mailbox is one account. */
const Email = z
  .string()
  .max(320)
  .trim()
  .toLowerCase()
  .pipe(z.email('must be an email address').max(254))
  .meta({ format: 'email', maxLength: 254 });

export const NewUser = z.strictObject({ email: Email, password: characters(12, 128) });

/** Whatever is no account is the same 401, so that nothing is learnt from a 422. */
export const Credentials = z.strictObject({
  email: z.string().max(320).trim().toLowerCase(),
  password: z.string().max(1024),
});

const RefreshToken = z.string().min(1).max(256);

export const Tokens = z.strictObject({
  accessToken: z.string(),
  tokenType: z.literal('Bearer'),
  expiresIn: z.int().describe('Seconds'),
  refreshToken: z.string(),
});

export const Validity = z.strictObject({
  active: z.boolean(),
  sub: z.uuid().optional(),
  role: z.enum(['customer', 'operator']).optional(),
  exp: z.int().optional().describe('Seconds since the epoch'),
});

export const operations = {
  signUp: operation({
    method: 'post',
    path: '/signup',
    access: 'public',
    limit: 'sign-in',
    summary: 'Open an account',
    body: NewUser,
    responses: {
      201: { description: 'The account is there', schema: z.strictObject({ userId: z.uuid() }) },
      409: { description: 'The email has an account' },
    },
  }),
  logIn: operation({
    method: 'post',
    path: '/login',
    access: 'public',
    limit: 'sign-in',
    summary: 'Sign in with email and password',
    description:
      'Wrong passwords are counted: 10 in 10 min of an account from one address; from addresses where it was not ' +
      'signed in to in the last 30 days also 50 in an hour of the account, and 300 in 5 min of the address. Each ' +
      'comes back with time; a right password forgives those from its address.',
    body: Credentials,
    responses: {
      200: { description: 'A bearer token and a refresh token', schema: Tokens },
      401: { description: 'Unknown user or wrong password' },
      429: {
        description: 'Too many wrong passwords for this account or from this address, or too many requests',
      },
    },
  }),
  refresh: operation({
    method: 'post',
    path: '/refresh',
    access: 'public',
    limit: 'sign-in',
    summary: 'Exchange a refresh token for new tokens',
    description: 'A refresh token serves once. A second use ends the sign-in it belongs to.',
    body: z.strictObject({ refreshToken: RefreshToken }),
    responses: {
      200: { description: 'New tokens', schema: Tokens },
      401: { description: 'Unknown, expired, used or ended' },
    },
  }),
  logOut: operation({
    method: 'post',
    path: '/logout',
    access: 'customer',
    summary: 'End the sign-in of this bearer',
    description: 'With a refresh token of the same user its sign-in ends too.',
    body: z.strictObject({ refreshToken: RefreshToken.optional() }).optional(),
    responses: { 204: { description: 'It is ended; its refresh tokens are worthless' } },
  }),
  validate: operation({
    method: 'post',
    path: '/validate',
    access: 'customer',
    summary: 'Whether an access token is valid, and whose it is',
    body: z.strictObject({ token: z.string().min(1).max(4096) }),
    responses: { 200: { description: 'What is known of the token', schema: Validity } },
  }),
  keys: operation({
    method: 'get',
    path: '/.well-known/jwks.json',
    access: 'public',
    summary: 'The public keys that sign access tokens (JWK Set)',
    responses: {
      200: {
        description: 'RFC 7517',
        schema: z.object({ keys: z.array(z.looseObject({ kid: z.string() })) }),
      },
    },
  }),
};
