import type { Assets } from './assets.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';

export interface Page {
  title: string;
  /** Which entry of the navigation is this page. */
  at?: 'shop' | 'orders';
  /** The module that brings it to life, in assets/. */
  script: string;
  main: Html;
}

/** Stricter than the gateway's own for pages: whatever a script is brought to do, it makes no HTML of text. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    // Forms are sent by scripts: one that did not load must not put a password into an address.
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
};

export const renderPage = ({ title, at, script, main }: Page, assets: Assets): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Kagari</title>
<link rel="icon" href="${assets.path('icon.svg')}" type="image/svg+xml">
${styles.map((style) => html`<link rel="stylesheet" href="${assets.path(style)}">`)}
<script type="module" src="${assets.path(script)}"></script>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="site">
<a class="brand" href="/">${brand}<span>Kagari</span></a>
<nav aria-label="Main">
<a href="/app/shop"${current(at === 'shop')}>Shop</a>
<a href="/app/orders"${current(at === 'orders')}>Orders</a>
<span data-account></span>
</nav>
</header>
<main id="main" tabindex="-1">
${main}
</main>
</body>
</html>
`.text;

const styles = ['base.css', 'controls.css', 'views.css'];

const current = (here: boolean) => (here ? html` aria-current="page"` : html``);

/** The basket fire that the name means. */
const brand = html`<svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true"><path class="flame" d="M12 2c1 3.2 4.6 4.9 4.6 8.9A4.6 4.6 0 0 1 12 15.4a4.6 4.6 0 0 1-4.6-4.5c0-2 1-3.200 1.900-4.200.3 1.300.9 1.900 1.700 2.200C10.700 6.600 11 4.200 12 2z"/><path class="basket" d="M6 14.500c1.300 2 3.400 3.200 6 3.200s4.700-1.200 6-3.200M12 17.700V22M8.500 22h7"/></svg>`;
