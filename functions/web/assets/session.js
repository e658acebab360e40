/**
 * The sign-in of this tab. Tokens live in sessionStorage: a reload keeps them, another tab or site never sees them, and they
 * are gone with the tab. Any script of this origin could read them, so the pages' policy lets no other script run.
 */
const key = 'kagari.session';

/** @typedef {{ email: string, accessToken: string, refreshToken: string, expiresAt: number }} Session */

/** @returns {Session | undefined} */
export const currentSession = () => {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? '') ?? undefined;
  } catch {
    return undefined;
  }
};

/** Keeps the tokens that auth has answered. */
export const keepSession = (email, { accessToken, refreshToken, expiresIn }) => {
  const expiresAt = Date.now() + expiresIn * 1000;
  sessionStorage.setItem(key, JSON.stringify({ email, accessToken, refreshToken, expiresAt }));
};

export const endSession = () => sessionStorage.removeItem(key);

/** Goes to the log-in page, and comes back here after it. */
export const logInFirst = () => location.assign(`/app/login?next=${encodeURIComponent(location.pathname)}`);

/** Where to go after the log-in: a page of ours, whatever the address says. */
export const nextPage = () => {
  const next = new URLSearchParams(location.search).get('next') ?? '';
  return /^\/app\/[\w/-]*$/.test(next) ? next : '/app/shop';
};
