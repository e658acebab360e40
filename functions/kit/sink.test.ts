import { expect, test } from 'vitest';
import * as z from 'zod';
import { readConfig } from './config.ts';
import { sinkEnvironment, sinkOf } from './sink.ts';

const K_SINK = 'http://broker.example/kagari/default';
const read = (env: Record<string, string>) => {
  const result = readConfig(z.object(sinkEnvironment), { K_SINK, ...env });
  return 'config' in result ? sinkOf(result.config) : result.error;
};

test('a row stays in hand until its post has ended, however long the sink may take', () => {
  expect(read({})).toEqual({ sink: new URL(K_SINK), limits: { postTimeoutMs: 3_000, holdMs: 5_000 } });
  expect(read({ SINK_TIMEOUT: 'PT1M30S' })).toMatchObject({
    limits: { postTimeoutMs: 90_000, holdMs: 92_000 },
  });
});

test('a time-out that is none is named', () => {
  for (const SINK_TIMEOUT of ['90', 'PT0S', 'soon']) expect(read({ SINK_TIMEOUT })).toContain('SINK_TIMEOUT');
});
