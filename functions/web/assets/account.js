import { callAsAnybody } from './api.js';
import { one } from './dom.js';
import { onSubmit } from './form.js';
import { keepSession, nextPage } from './session.js';

/** The form of email and password: what is to be done before the log-in, the log-in, and on. */
export const startAccountForm = (before = async () => {}) => {
  // Whoever changes from log-in to sign-up still wants to go where they wanted to go.
  one('[data-other]').search = location.search;
  onSubmit(one('[data-form]'), async ({ email, password }) => {
    await before({ email, password });
    keepSession(email, await callAsAnybody('POST', '/auth/login', { body: { email, password } }));
    location.assign(nextPage());
  });
};
