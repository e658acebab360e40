import { expect, test } from 'vitest';
import { readDeadLetter } from './dead-letter.ts';

const event = { specversion: '1.0' as const, id: '1', source: '/s', type: 't', data: { a: 1 } };
const base64 = (text: string) => Buffer.from(text).toString('base64');
const reasonOf = (body: string) => readDeadLetter({ ...event, knativeerrordata: base64(body) }).reason;

test('the marks of brokers come off the event and say what failed', () => {
  const {
    event: original,
    origin: _,
    ...failure
  } = readDeadLetter({
    ...event,
    traceparent: '00-1-1-01',
    knativeerrordest: 'http://orders/_events',
    knativeerrorcode: '503',
    knativeerrordata: base64('down'),
    knativekafkapartition: 3,
    knativekafkaoffset: 7,
    knativebrokerttl: 255,
    knativearrivaltime: '2026-01-01T00:00:00Z',
    kagariredrive: '2',
  });
  expect(original).toEqual({ ...event, traceparent: '00-1-1-01' });
  expect(failure).toEqual({ destination: 'http://orders/_events', code: 503, reason: 'down', round: 2 });
});

test('what the broker does not say is null', () => {
  const { destination, code, reason, round } = readDeadLetter(event);
  expect({ destination, code, reason, round }).toEqual({
    destination: null,
    code: null,
    reason: null,
    round: 0,
  });
});

test('the reason is the problem’s, if the answer was one, else its text, else none', () => {
  const problem = {
    type: 'x',
    title: 'x',
    status: 422,
    detail: 'The data is not that.',
    code: 'invalid-data',
  };
  expect(reasonOf(JSON.stringify(problem))).toBe('invalid-data: The data is not that.');
  expect(reasonOf('{"detail":"no code"}')).toBe('no code');
  expect(reasonOf('{"detail":"cut off here')).toBe('{"detail":"cut off here');
  expect(reasonOf('<h1>Bad gateway</h1>\n')).toBe('<h1>Bad gateway</h1>');
  expect(reasonOf('null')).toBe('null');
  expect(reasonOf('')).toBeNull();
  expect(reasonOf('a\0b')).toBe('a\uFFFDb');
});

test('a code that is none is null', () => {
  for (const code of ['', '-1', 'refused', '5e2', '12345678901', {}])
    expect(readDeadLetter({ ...event, knativeerrorcode: code }).code).toBeNull();
});

test('source and id together are the origin', () => {
  const originOf = (source: string, id: string) =>
    readDeadLetter({ ...event, source, id }).origin.toString('hex');
  expect(originOf('/s', '1')).toBe(originOf('/s', '1'));
  expect(originOf('/s', '1')).not.toBe(originOf('/', 's1'));
});
