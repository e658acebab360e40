/** What keeps a browser from making more of an answer than it is. */
const always = {
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Answers that are data: nothing in them is to be run, shown or kept. */
const forData = {
  ...always,
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
};

/** Pages and what they are made of: everything from here, no code or style in the page itself. */
const forPages = {
  ...always,
  'cache-control': 'no-cache',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/** Two years, once a browser was here by TLS (RFC 6797). */
const forTls = { 'strict-transport-security': 'max-age=63072000; includeSubDomains' };

type Pairs = readonly (readonly [string, string])[];
const data: Record<string, Pairs> = {
  http: Object.entries(forData),
  https: Object.entries({ ...forData, ...forTls }),
};
const pages: Record<string, Pairs> = {
  http: Object.entries(forPages),
  https: Object.entries({ ...forPages, ...forTls }),
};

const isPage =
  /^(?:text\/(?:html|css|javascript)|application\/(?:javascript|manifest\+json)|image\/|font\/)/i;

/** For an answer of this content type; what the answer says itself stands. */
export const securityHeaders = (contentType: string | undefined, proto: 'http' | 'https'): Pairs =>
  (contentType && isPage.test(contentType) ? pages : data)[proto] as Pairs;
