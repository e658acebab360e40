import './site.js';
import { call } from './api.js';
import { one } from './dom.js';
import { showOrder, showTimeline } from './order-view.js';
import { isSettled } from './steps.js';

const id = location.pathname.split('/').at(-1) ?? '';
const box = one('[data-problem]');
const timeline = one('[data-timeline]');
const cancel = one('[data-cancel]');
const dialog = one('[data-confirm]');

/** Of what may not be there yet, or not at all. */
const orNothing = (asked) =>
  asked.catch((problem) => {
    if (problem.status === 404 || problem.status === 503) return undefined;
    throw problem;
  });

const look = async () => {
  const [order, payment, mails] = await Promise.all([
    call('GET', `/orders/${id}`),
    orNothing(call('GET', `/payments/status?orderId=${id}`)),
    orNothing(call('GET', '/notifications/?limit=50')),
  ]);
  const ofOrder = (mails?.items ?? []).filter(({ subject }) => subject.includes(id));
  return { order, payment, mails: ofOrder };
};

const readTimeline = async () => {
  const found = await orNothing(call('GET', `/analytics/timeline/${id}`));
  if (found) showTimeline(found.entries);
};

let timer;
let quickUntil = 0;
let seen = '';
let looking = false;

/** Looks often while things move, seldom when they take long, and no more when all is done; never in a hidden tab. */
const follow = async () => {
  clearTimeout(timer);
  if (looking || document.hidden) return;
  looking = true;
  let again = Date.now() < quickUntil ? 400 : 2_000;
  try {
    const found = await look();
    box.hidden = true;
    showOrder(found);
    const settled = isSettled(found);
    const state = JSON.stringify(found);
    if (state !== seen || settled) await readTimeline();
    seen = state;
    if (settled) again = 0;
  } catch (problem) {
    box.textContent =
      problem.status === 404 ? 'You have no such order.' : (problem.detail ?? problem.message);
    box.hidden = false;
    const passes = problem.status === 0 || problem.status === 429 || problem.status >= 500;
    again = passes ? Math.max(problem.retryAfterMs, 2_000) : 0;
    if (!passes) one('[data-now]').textContent = '';
  } finally {
    looking = false;
  }
  if (again > 0) timer = setTimeout(follow, again);
};

const followQuickly = () => {
  quickUntil = Date.now() + 15_000;
  return follow();
};

cancel.addEventListener('click', () => dialog.showModal());
one('[data-no]').addEventListener('click', () => dialog.close());
one('[data-yes]').addEventListener('click', async () => {
  dialog.close();
  cancel.disabled = true;
  try {
    await call('POST', `/orders/${id}/cancel`);
    one('#main').focus();
  } catch (problem) {
    box.textContent = problem.detail ?? problem.message;
    box.hidden = false;
    box.focus();
  } finally {
    cancel.disabled = false;
  }
  await followQuickly();
});
timeline.addEventListener('toggle', () => timeline.open && readTimeline().catch(() => {}));
document.addEventListener('visibilitychange', () => document.hidden || follow());

followQuickly();
