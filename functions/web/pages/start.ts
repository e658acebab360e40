import { html } from '../html.ts';
import type { Page } from '../page.ts';

/** The Host header is the client's own text: only what is a host is repeated in a command. */
const plainHost = /^[\w.-]+(?::\d{1,5})?$|^\[[\da-f:.]+\](?::\d{1,5})?$/i;

/** Where the browser sees us, `http://localhost:8080`: the gateway says it. */
export const siteOf = (header: (name: string) => string | undefined): string => {
  const host = header('x-forwarded-host') ?? header('host') ?? '';
  const proto = header('x-forwarded-proto') === 'https' ? 'https' : 'http';
  return `${proto}://${plainHost.test(host) ? host : 'localhost:8080'}`;
};

export const startPage = (functions: readonly string[], site: string): Page => ({
  title: 'It runs',
  script: 'start.js',
  main: html`
<section class="hero">
<h1><em>Kagari</em> is running</h1>
<p class="lead">Functions that scale to zero, CloudEvents between them, and the same YAML as on a Knative cluster.</p>
<p class="actions"><a class="button" href="/app/shop">Order some tea</a> <a class="button quiet" href="/docs">Browse the API</a></p>
</section>

<section aria-labelledby="functions">
<div class="row"><h2 id="functions">Functions behind this gateway</h2>
<button type="button" class="quiet small" data-wake>Wake them all</button></div>
<p class="soft">Each sleeps until somebody asks: the first answer of one that slept is its cold start.</p>
<ul class="tiles">
${functions.map((name) => html`<li><a href="/${name}/health" data-function="${name}"><b>${name}</b> <span data-health>health</span></a></li>`)}
</ul>
<p class="visually-hidden" role="status" data-woken></p>
</section>

<section aria-labelledby="curl">
<h2 id="curl">The same by curl</h2>
<h3>Open an account and sign in</h3>
<pre tabindex="0" role="region" aria-label="Commands that open an account and sign in">curl -s ${site}/auth/signup -H 'content-type: application/json' \\
  -d '{"email":"me@example.com","password":"correct horse battery"}'

TOKEN=$(curl -s ${site}/auth/login -H 'content-type: application/json' \\
  -d '{"email":"me@example.com","password":"correct horse battery"}' \\
  | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')</pre>
<h3>Place an order, follow it, cancel it</h3>
<pre tabindex="0" role="region" aria-label="Commands that place, follow and cancel an order">curl -s ${site}/orders/catalog

ORDER=$(curl -s ${site}/orders/ -H "authorization: Bearer $TOKEN" \\
  -H 'content-type: application/json' -H "idempotency-key: first-order" \\
  -d '{"items":[{"sku":"tea-sencha","quantity":1}],"currency":"EUR","paymentToken":"tok_ok"}' \\
  | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')

curl -s ${site}/orders/$ORDER -H "authorization: Bearer $TOKEN"
curl -s ${site}/notifications/ -H "authorization: Bearer $TOKEN"
curl -s -X POST ${site}/orders/$ORDER/cancel -H "authorization: Bearer $TOKEN"</pre>
<p>Payment tokens: <code>tok_ok</code>, <code>tok_declined</code>, <code>tok_late</code>, <code>tok_duplicate</code>, <code>tok_silent</code>.</p>
</section>

<section aria-labelledby="all">
<h2 id="all">Everything there is</h2>
<p>All operations of all functions: to try out at <a href="/docs">/docs</a>, as OpenAPI 3.1 at <a href="/openapi.json">/openapi.json</a>.</p>
</section>`,
});
