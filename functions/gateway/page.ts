import { createHash } from 'node:crypto';
import type { createFunction } from '../kit/function.ts';
import { operation } from '../kit/operation.ts';

const pageOperation = operation({
  method: 'get',
  path: '/',
  access: 'public',
  summary: 'What runs here and how to try it',
  responses: { 200: { description: 'A page', contentType: 'text/html' } },
});

export const serveStartPage = (
  { on }: ReturnType<typeof createFunction>,
  functions: readonly string[],
): void => {
  const page = createPage(functions);
  on(pageOperation, ({ c }) => page(c.req.header('host')));
};

const style = `
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6475; --paper: #fbfaf7; --card: #fff; --line: #e5e1d8; --glow: #c8501e; }
@media (prefers-color-scheme: dark) { :root { --ink: #ece9e2; --soft: #a39f96; --paper: #16181d; --card: #1e2127; --line: #31353d; --glow: #ff8b52; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, sans-serif; }
main { max-width: 54rem; margin: 0 auto; padding: 4rem 1.25rem 5rem; }
h1 { font-size: 2.4rem; line-height: 1.2; margin: 0 0 .25rem; letter-spacing: -.02em; }
h1 span { color: var(--glow); }
h2 { font-size: 1.05rem; margin: 2.75rem 0 .75rem; }
p { margin: 0 0 1rem; } .lead { color: var(--soft); font-size: 1.1rem; }
ul { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .6rem; }
li a { display: block; padding: .6rem .9rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; color: inherit; text-decoration: none; }
li a:hover, li a:focus-visible { border-color: var(--glow); }
pre { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; overflow-x: auto; font: 13px/1.55 ui-monospace, monospace; margin: 0 0 1rem; }
a { color: var(--glow); }
`;

const styleHash = createHash('sha256').update(style).digest('base64');
const headers = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
};

/** The page at `/`: what runs here and how to try it. No script, nothing from elsewhere. */
const createPage =
  (functions: readonly string[]) =>
  (host: string | undefined): Response =>
    new Response(html(functions, `http://${host && plainHost.test(host) ? host : 'localhost:8080'}`), {
      headers,
    });

/** The Host header is the client's own text: only what needs no escaping is repeated. */
const plainHost = /^[\w.-]+(?::\d{1,5})?$|^\[[\da-f:.]+\](?::\d{1,5})?$/i;

const html = (functions: readonly string[], base: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Kagari</title>
<style>${style}</style>
</head>
<body>
<main>
<h1><span>Kagari</span> is running</h1>
<p class="lead">Functions that scale to zero, CloudEvents between them, and the same YAML as on a Knative cluster.</p>

<h2>Functions behind this gateway</h2>
<ul>
${functions.map((fn) => `<li><a href="/${fn}/health">${fn}</a></li>`).join('\n')}
</ul>

<h2>Open an account and sign in</h2>
<pre>curl -s ${base}/auth/signup -H 'content-type: application/json' \\
  -d '{"email":"me@example.com","password":"correct horse battery"}'

TOKEN=$(curl -s ${base}/auth/login -H 'content-type: application/json' \\
  -d '{"email":"me@example.com","password":"correct horse battery"}' \\
  | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')</pre>

<h2>Place an order and follow it</h2>
<pre>curl -s ${base}/orders/catalog

curl -s ${base}/orders/ -H "authorization: Bearer $TOKEN" \\
  -H 'content-type: application/json' -H "idempotency-key: first-order" \\
  -d '{"items":[{"sku":"tea-sencha","quantity":1}],"currency":"EUR","paymentToken":"tok_ok"}'

curl -s ${base}/orders/ -H "authorization: Bearer $TOKEN"
curl -s ${base}/notifications/ -H "authorization: Bearer $TOKEN"</pre>
<p>Payment tokens: <code>tok_ok</code>, <code>tok_declined</code>, <code>tok_late</code>, <code>tok_duplicate</code>, <code>tok_silent</code>.</p>

<h2>Everything there is</h2>
<p>All operations of all functions, as OpenAPI 3.1: <a href="/openapi.json">/openapi.json</a></p>
</main>
</body>
</html>
`;
