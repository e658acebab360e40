import { expect, it } from 'vitest';
import type { KubeObject } from '../../store/types.ts';
import { staleRevisions } from './collect.ts';

const now = new Date('2026-06-30T00:00:00Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000).toISOString();

const revision = (
  name: string,
  { created = 100, active = 50, state = 'reserve', keep = false } = {},
): KubeObject => ({
  apiVersion: 'serving.knative.dev/v1',
  kind: 'Revision',
  metadata: {
    name,
    uid: name,
    resourceVersion: '1',
    creationTimestamp: hoursAgo(created),
    labels: { 'serving.knative.dev/routingState': state },
    annotations: {
      'serving.knative.dev/routingStateModified': hoursAgo(active),
      ...(keep && { 'serving.knative.dev/no-gc': 'true' }),
    },
  },
});
const many = (count: number, options?: Parameters<typeof revision>[1]) =>
  Array.from({ length: count }, (_, index) => revision(`r${index}`, { active: 50 + index, ...options }));
const removed = (revisions: KubeObject[], ready?: string) =>
  staleRevisions(revisions, ready, now).remove.map(({ metadata }) => metadata.name);

it('keeps the twenty that were active last, and looks again later only where there are more', () => {
  expect(staleRevisions(many(20), undefined, now)).toEqual({ remove: [], later: false });
  expect(removed(many(23))).toEqual(['r22', 'r21', 'r20']);
});

it('keeps what is young, or was active lately', () => {
  expect(removed(many(30, { created: 47 }))).toEqual([]);
  expect(removed(many(30, { active: 14 }))).toEqual([]);
  expect(staleRevisions(many(30, { created: 47 }), undefined, now).later).toBe(true);
});

it('never takes one that a route leads to, the latest ready one, or one that is to be kept', () => {
  const special = [
    revision('routed', { state: 'active', active: 900 }),
    revision('new', { state: 'pending', active: 900 }),
    revision('ready', { active: 900 }),
    revision('kept', { active: 900, keep: true }),
  ];
  expect(removed([...many(21), ...special], 'ready')).toEqual(['r20']);
});

it('keeps a thousand at most, however young', () => {
  expect(removed(many(1_003, { created: 1 }))).toHaveLength(3);
});
