import { element, one } from './dom.js';

/** Sends the form by `send`; a Problem is shown where it belongs, and the form stays as it was. */
export const onSubmit = (form, send) => {
  const button = one('button[type=submit]', form);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    clearProblem(form);
    try {
      await send(Object.fromEntries(new FormData(form)));
    } catch (problem) {
      showProblem(form, problem);
    } finally {
      button.disabled = false;
    }
  });
};

export const clearProblem = (form) => {
  one('[data-problem]', form).hidden = true;
  for (const error of form.querySelectorAll('.error')) error.hidden = true;
  for (const field of form.querySelectorAll('[aria-invalid]')) field.removeAttribute('aria-invalid');
};

/** Each error at the field that its pointer names, the rest above the form; the first of them gets the focus. */
export const showProblem = (form, { detail, message, errors = [] }) => {
  const elsewhere = [];
  let first;
  for (const { pointer, detail: wrong } of errors) {
    const field = fieldAt(form, pointer);
    const note = field && noteOf(form, field);
    if (!note) {
      elsewhere.push(wrong);
      continue;
    }
    note.textContent = sentence(wrong);
    note.hidden = false;
    field.setAttribute('aria-invalid', 'true');
    first ??= field;
  }
  if (!first || elsewhere.length > 0) {
    const box = one('[data-problem]', form);
    box.replaceChildren(detail ?? message, ...elsewhere.map((text) => element('div', {}, sentence(text))));
    box.hidden = false;
    first = box;
  }
  first.focus();
};

/** `#/items/0/sku` is the field of that pointer, or of the nearest above it. */
const fieldAt = (form, pointer) => {
  for (let at = pointer; at.length > 1; at = at.slice(0, at.lastIndexOf('/'))) {
    const field = form.querySelector(`[data-pointer="${CSS.escape(at)}"]`);
    if (field) return field;
  }
  return undefined;
};

const noteOf = (form, field) =>
  (field.getAttribute('aria-describedby') ?? '')
    .split(' ')
    .map((id) => id && form.querySelector(`#${CSS.escape(id)}.error`))
    .find(Boolean);

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
