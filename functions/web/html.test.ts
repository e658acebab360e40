import { expect, test } from 'vitest';
import { Html, html } from './html.ts';

test('text that goes into a template stays text, in content and in attributes', () => {
  const evil = `<script>alert("1" & '2')</script>`;
  const escaped = '&#60;script&#62;alert(&#34;1&#34; &#38; &#39;2&#39;)&#60;/script&#62;';
  expect(html`<a title="${evil}">${evil}</a>`.text).toBe(`<a title="${escaped}">${escaped}</a>`);
});

test('HTML that goes into a template stays HTML, one or many', () => {
  const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
  expect(html`<ul>${items}</ul>${new Html('<hr>')}${3}`.text).toBe(
    '<ul><li>a</li><li>&#60;b&#62;</li></ul><hr>3',
  );
});
