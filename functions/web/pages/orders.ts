import { html } from '../html.ts';
import type { Page } from '../page.ts';
import { needsScript } from './account-form.ts';

export const ordersPage: Page = {
  title: 'Orders',
  at: 'orders',
  script: 'orders.js',
  main: html`
<h1>Your orders</h1>
<div class="problem" role="alert" tabindex="-1" data-problem hidden></div>
<ol class="orders" data-orders aria-busy="true"></ol>
<p class="soft" role="status" data-note>Your orders are on their way …</p>
<button type="button" class="quiet" data-older hidden>Older orders</button>
${needsScript}`,
};
