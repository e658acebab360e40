import { html } from '../html.ts';
import type { Page } from '../page.ts';
import { needsScript } from './account-form.ts';

export const orderPage: Page = {
  title: 'Order',
  at: 'orders',
  script: 'order.js',
  main: html`
<p class="back"><a href="/app/orders">All orders</a></p>
<div class="row"><h1>Order <span class="badge" data-status></span></h1>
<button type="button" class="danger" data-cancel hidden>Cancel the order</button></div>
<p class="soft id" data-id></p>
<div class="problem" role="alert" tabindex="-1" data-problem hidden></div>
<p class="now" role="status" data-now>The order is on its way …</p>
<div data-order hidden>
<div class="columns">
<section aria-labelledby="steps"><h2 id="steps">What happened</h2><ol class="steps" data-steps></ol></section>
<section aria-labelledby="bill"><h2 id="bill">What was ordered</h2>
<table class="bill"><thead><tr><th scope="col">Item</th><th scope="col" class="number">Pieces</th><th scope="col" class="number">Price</th></tr></thead><tbody data-items></tbody>
<tfoot><tr><th scope="row" colspan="2">Total</th><td class="number" data-total></td></tr></tfoot></table>
<dl class="facts" data-payment></dl></section>
</div>
<details data-timeline hidden><summary>Every event and delivery behind it</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Events and deliveries"><table class="timeline"><thead><tr><th scope="col">Time</th><th scope="col">Service</th><th scope="col">What</th><th scope="col">Event</th><th scope="col" class="number">Answer</th></tr></thead><tbody data-entries></tbody></table></div></details>
</div>
<dialog data-confirm aria-labelledby="confirm-title">
<h2 id="confirm-title">Cancel this order?</h2>
<p>What you have paid is refunded. This cannot be undone.</p>
<p class="actions"><button type="button" class="danger" data-yes>Cancel the order</button> <button type="button" class="quiet" data-no autofocus>Keep it</button></p>
</dialog>
${needsScript}`,
};
