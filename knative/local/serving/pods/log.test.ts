import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { until } from '../testing/until.ts';
import { createPodLog, type LogLine } from './log.ts';
import { createLogFile } from './log-file.ts';

const readAll = async (chunks: Buffer[]): Promise<LogLine[]> => {
  const output = createPodLog(() => {});
  const source = new PassThrough();
  output.read(source, 'stdout', 0);
  for (const chunk of chunks) source.write(chunk);
  source.end();
  await finished(source);
  return until('it is closed', () => source.closed && output.log.lines());
};

describe('lines of a pod', () => {
  it('are what was written, however it was cut, also in the middle of a character', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'é', '€', '😀', '\n', '\r\n', ' '), { maxLength: 40 })
      .map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(150), { maxLength: 6 }), async (written, cuts) => {
        const bytes = Buffer.from(written);
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
          (a, b) => a - b,
        );
        const lines = await readAll(places.slice(1).map((end, i) => bytes.subarray(places[i], end)));
        const expected = written.split(/\r?\n/);
        if (expected.at(-1) === '') expected.pop();
        expect(lines.map((line) => line.text)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('are kept up to a thousand, a mebibyte in all and 16 KiB each', async () => {
    const many = await readAll([Buffer.from(Array.from({ length: 3_000 }, (_, i) => `${i}\n`).join(''))]);
    expect([many.length, many[0]?.text, many.at(-1)?.text]).toEqual([1_000, '2000', '2999']);
    const long = await readAll(Array.from({ length: 200 }, () => Buffer.alloc(50_000, 'x')));
    expect(Math.max(...long.map(({ text }) => text.length))).toBe(16 * 1024);
    expect(long.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(1024 * 1024);
  });
});

it('a log file starts anew at its limit and keeps one before', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'kagari logs ')), 'a', 'b.log');
  const log = createLogFile(file, 100);
  for (let i = 0; i < 23; i++) log.append(`line ${i} ${'x'.repeat(12)}`);
  log.close();
  const lines = await until('all is written', async () => {
    const [old, now] = await Promise.all([
      readFile(`${file}.1`, 'utf8').catch(() => ''),
      readFile(file, 'utf8').catch(() => ''),
    ]);
    return now.includes('line 22') && old.includes('line 19') && [old, now];
  });
  for (const part of lines) expect(part.length).toBeLessThan(130);
  expect(lines[1]).not.toContain('line 19');
});
