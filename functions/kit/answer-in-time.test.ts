import { expect, it } from 'vitest';
import { answerInTime } from './answer-in-time.ts';

it('answers what the work answers, and what it throws', async () => {
  await expect(answerInTime(Promise.resolve(1))).resolves.toBe(1);
  await expect(answerInTime(2)).resolves.toBe(2);
  await expect(answerInTime(Promise.reject(new Error('no')))).rejects.toThrow('no');
});

it('refuses with 503, to be tried again, where the work never ends', async () => {
  const never = new Promise(() => {});
  await expect(answerInTime(never, 10)).rejects.toMatchObject({ status: 503, retriable: true });
});
