import { html } from '../html.ts';
import type { Page } from '../page.ts';
import { needsScript } from './account-form.ts';

/** What the simulated bank does with each (functions/bank/outcomes.ts). */
const testCards = [
  ['tok_ok', 'Pays at once', 'The ordinary way: a moment, and the order is paid.'],
  ['tok_late', 'Pays after three seconds', 'Time enough to cancel while the payment is under way.'],
  ['tok_duplicate', 'Pays, and the bank says so twice', 'Charged once all the same.'],
  ['tok_declined', 'Is declined', 'The order fails, with the reason.'],
  ['tok_silent', 'The bank never answers', 'The deadline decides: the order fails, uncharged.'],
] as const;

export const shopPage: Page = {
  title: 'Shop',
  at: 'shop',
  script: 'shop.js',
  main: html`
<h1>Shop</h1>
<form method="post" novalidate data-form>
<div class="problem" role="alert" tabindex="-1" data-problem hidden></div>
<fieldset>
<legend>What would you like?</legend>
<ul class="products" data-products aria-busy="true"><li class="soft">The catalog is on its way …</li></ul>
<p class="error" id="items-error" data-error-of="#/items" hidden></p>
</fieldset>
<fieldset>
<legend>Pay with a test card</legend>
<p class="soft">No money moves: each card shows one way that a payment can go.</p>
<div class="cards" data-pointer="#/paymentToken">
${testCards.map(
  ([token, name, says], i) => html`
<label class="card"><input type="radio" name="paymentToken" value="${token}"${i === 0 ? html` checked` : ''}>
<span><b>${name}</b> <code>${token}</code><small>${says}</small></span></label>`,
)}
</div>
</fieldset>
<div class="checkout">
<p>Total <output class="total" data-total for="products">–</output></p>
<button type="submit">Place the order</button>
</div>
</form>
${needsScript}`,
};
