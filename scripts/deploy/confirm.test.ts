import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { confirm } from './confirm.ts';

const answer = (typed: string, { isTTY = false, signal = new AbortController().signal } = {}) => {
  const [input, output] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY })];
  const asked = confirm('Deploy?', signal, { input, output });
  if (typed) input.write(typed);
  else input.end();
  return asked;
};

describe('the question before a deployment', () => {
  it.each([
    ['y\n', true],
    ['Yes\n', true],
    ['\n', false],
    ['n\n', false],
    ['yesterday\n', false],
  ])('takes %j for %s', async (typed, confirmed) => {
    expect(await answer(typed)).toBe(confirmed);
  });

  it('takes an end of input, and Ctrl-D at a terminal, for no', async () => {
    expect(await answer('')).toBe(false);
    expect(await answer('\x04', { isTTY: true })).toBe(false);
  });

  it('ends with the signal', async () => {
    const ending = new AbortController();
    const asked = answer('y', { signal: ending.signal });
    ending.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  });
});
