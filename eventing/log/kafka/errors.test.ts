import {
  KafkaJSConnectionError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
  KafkaJSRequestTimeoutError,
} from 'kafkajs';
import { expect, test } from 'vitest';
import { outageOf } from '../../../functions/kit/outage.ts';
import { LogError } from '../port.ts';
import { passes } from './desk.ts';
import { asLogError, kindOf } from './errors.ts';

const answered = (type: string) =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 1, retriable: false }));
const refused = new KafkaJSConnectionError('Connection error: refused', {
  broker: 'kafka:9092',
  code: 'ECONNREFUSED',
});
const exhausted = new KafkaJSNumberOfRetriesExceeded(refused, { retryCount: 3, retryTime: 100 });

test.each([
  ['UNKNOWN_TOPIC_OR_PARTITION', 'unknown-topic', false],
  ['INVALID_TOPIC_EXCEPTION', 'invalid-topic', false],
  ['MESSAGE_TOO_LARGE', 'too-large', false],
  ['RECORD_LIST_TOO_LARGE', 'too-large', false],
  ['NOT_ENOUGH_REPLICAS', 'unavailable', true],
  ['NOT_LEADER_FOR_PARTITION', 'unavailable', true],
])('%s is %s', (type, code, retriable) => {
  expect(asLogError(answered(type), 't')).toMatchObject({ name: 'LogError', code, retriable });
});

test('a connection that fails is unavailable, says why, and is known as an outage', () => {
  for (const error of [refused, exhausted]) {
    const mapped = asLogError(error);
    expect(mapped).toMatchObject({ code: 'unavailable', message: 'Kafka: Connection error: refused' });
    expect(outageOf(mapped)).toBe('not reachable');
  }
});

test('an error of the port stays what it is', () => {
  const error = new LogError('conflict', 'x');
  expect(asLogError(error, 't')).toBe(error);
});

test.each([
  [exhausted, true],
  [new KafkaJSRequestTimeoutError('late', {} as never), true],
  [answered('NOT_COORDINATOR_FOR_GROUP'), true],
  [answered('UNKNOWN_TOPIC_OR_PARTITION'), false],
  [answered('CLUSTER_AUTHORIZATION_FAILED'), false],
])('%s: tried again is %s', (error, again) => {
  expect(passes(error)).toBe(again);
});

test('of several errors in one answer the first one counts', () => {
  expect(kindOf(Object.assign(new Error('all'), { errors: [answered('TOPIC_ALREADY_EXISTS')] }))).toBe(
    'TOPIC_ALREADY_EXISTS',
  );
});
