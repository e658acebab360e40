import { expect, it } from 'vitest';
import { testBase } from '../kit/testing.ts';
import { createApp } from './app.ts';

const app = createApp({ base: testBase('hello') });

it('greets the world, and whoever is named', async () => {
  expect(await (await app.request('/')).json()).toEqual({ message: 'Hello, world!' });
  expect(await (await app.request('/?name=%F0%9F%94%A5%20Kagari')).json()).toEqual({
    message: 'Hello, 🔥 Kagari!',
  });
});

it('is healthy without depending on anything', async () => {
  expect(await (await app.request('/health')).json()).toEqual({ status: 'ok', checks: {} });
});
