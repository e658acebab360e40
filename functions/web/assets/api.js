import { currentSession, endSession, keepSession, logInFirst } from './session.js';

/** An answer that is no success, as RFC 9457 tells it; status 0 where there was none. */
export class Problem extends Error {
  constructor({ status, title, detail, code = '', errors = [] }, retryAfterMs = 1000) {
    super(detail);
    Object.assign(this, { status, title, detail, code, errors, retryAfterMs });
  }
}

const unanswered = {
  status: 0,
  title: 'No answer',
  detail: 'The platform does not answer. Is it running, and are you online?',
};

/** Calls the API for anybody. Answers the parsed body; throws Problem. */
export const callAsAnybody = async (method, path, { body, headers = {} } = {}) => {
  const request = {
    method,
    headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  };
  const response = await fetch(path, request).catch(() => {
    throw new Problem(unanswered);
  });
  const text = await response.text().catch(() => '');
  const document = parsed(text);
  if (response.ok) return document;
  const { status } = response;
  const said = document?.detail ? document : { title: 'Failed', detail: `The answer was ${status}.` };
  throw new Problem({ ...said, status }, Number(response.headers.get('retry-after') ?? 1) * 1000);
};

/** Calls the API as who is signed in; whoever is not is led to the log-in page. */
export const call = async (method, path, options = {}) => {
  const session = currentSession();
  if (!session) return leave();
  const { accessToken } = session.expiresAt - Date.now() < aboutToExpireMs ? await refresh() : session;
  try {
    return await callAsAnybody(method, path, bearing(accessToken, options));
  } catch (error) {
    if (error.status !== 401) throw error;
  }
  const renewed = await refresh();
  return callAsAnybody(method, path, bearing(renewed.accessToken, options));
};

const aboutToExpireMs = 15_000;

const bearing = (accessToken, { headers, ...options }) => ({
  ...options,
  headers: { ...headers, authorization: `Bearer ${accessToken}` },
});

/** A refresh token serves once: whoever needs new tokens meanwhile waits for the same. */
let refreshing;
const refresh = () => {
  refreshing ??= renew().finally(() => {
    refreshing = undefined;
  });
  return refreshing;
};

const renew = async () => {
  const { email, refreshToken } = currentSession() ?? {};
  if (!refreshToken) return leave();
  try {
    keepSession(email, await callAsAnybody('POST', '/auth/refresh', { body: { refreshToken } }));
  } catch (error) {
    if (error.status !== 401) throw error;
    endSession();
    return leave();
  }
  return currentSession();
};

/** Nothing that waits for an answer goes on: another page comes. */
const leave = () => {
  logInFirst();
  return new Promise(() => {});
};

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
