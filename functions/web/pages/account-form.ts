import { type Html, html } from '../html.ts';

export interface AccountForm {
  button: string;
  passwordHint?: string;
  autocomplete: 'new-password' | 'current-password';
}

/** Email and password; the script beside the page sends it. */
export const accountForm = ({ button, passwordHint, autocomplete }: AccountForm): Html => html`
<form method="post" novalidate data-form>
<div class="problem" role="alert" tabindex="-1" data-problem hidden></div>
<div class="field">
<label for="email">Email</label>
<input id="email" name="email" type="email" autocomplete="username" required data-pointer="#/email" aria-describedby="email-error">
<p class="error" id="email-error" hidden></p>
</div>
<div class="field">
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="${autocomplete}" required data-pointer="#/password" aria-describedby="password-hint password-error">
<p class="hint" id="password-hint">${passwordHint ?? ''}</p>
<p class="error" id="password-error" hidden></p>
</div>
<button type="submit">${button}</button>
</form>
${needsScript}`;

export const needsScript = html`<noscript><p class="problem">This page talks to the API by JavaScript, which is off here. The <a href="/">start page</a> shows the same by curl.</p></noscript>`;
