import { html } from '../html.ts';
import type { Page } from '../page.ts';
import { accountForm } from './account-form.ts';

export const logInPage: Page = {
  title: 'Log in',
  script: 'log-in.js',
  main: html`
<div class="narrow">
<h1>Log in</h1>
${accountForm({ button: 'Log in', autocomplete: 'current-password' })}
<p class="soft">You are new here? <a href="/app/signup" data-other>Sign up</a></p>
</div>`,
};
