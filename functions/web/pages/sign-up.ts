import { html } from '../html.ts';
import type { Page } from '../page.ts';
import { accountForm } from './account-form.ts';

export const signUpPage: Page = {
  title: 'Sign up',
  script: 'sign-up.js',
  main: html`
<div class="narrow">
<h1>Sign up</h1>
${accountForm({ button: 'Open an account', passwordHint: '12 to 128 characters.', autocomplete: 'new-password' })}
<p class="soft">You have an account? <a href="/app/login" data-other>Log in</a></p>
</div>`,
};
