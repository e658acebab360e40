import './site.js';
import { one } from './dom.js';

const button = one('[data-wake]');

/** Asks a function for its health, and shows how long it took: its cold start, where it slept. */
const wake = async (link) => {
  const shown = one('[data-health]', link);
  shown.textContent = '…';
  const started = performance.now();
  const ok = await fetch(link.href).then(
    (response) => response.ok,
    () => false,
  );
  const ms = Math.round(performance.now() - started);
  shown.textContent = ok ? `ok, ${ms} ms` : 'not ready';
  shown.className = ok ? 'good' : 'bad';
  return ok;
};

button.addEventListener('click', async () => {
  button.disabled = true;
  const links = [...document.querySelectorAll('[data-function]')];
  const answers = await Promise.all(links.map(wake));
  one('[data-woken]').textContent = `${answers.filter(Boolean).length} of ${links.length} functions serve.`;
  button.disabled = false;
});
