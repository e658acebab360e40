import { call } from './api.js';
import { element, one } from './dom.js';
import { currentSession, endSession } from './session.js';

/** What every page has: who is signed in, or how to. */
const showAccount = () => {
  const session = currentSession();
  const account = one('[data-account]');
  if (!session) {
    account.replaceChildren(
      element('a', { href: '/app/login' }, 'Log in'),
      element('a', { href: '/app/signup' }, 'Sign up'),
    );
    return;
  }
  const out = element('button', { type: 'button', class: 'quiet small' }, 'Log out');
  out.addEventListener('click', async () => {
    out.disabled = true;
    // Signed out is signed out, whether auth hears of it now or the tokens run out by themselves.
    await call('POST', '/auth/logout', { body: { refreshToken: session.refreshToken } }).catch(() => {});
    endSession();
    location.assign('/');
  });
  account.replaceChildren(element('span', { class: 'who', title: session.email }, session.email), out);
};

showAccount();
// A page out of the back-forward cache may show somebody who is gone.
addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
