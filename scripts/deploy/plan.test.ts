import { describe, expect, it } from 'vitest';
import type { KubeObject, NewObject } from '../../knative/local/store/types.ts';
import { containersOf } from './overlay.ts';
import { planDeployment } from './plan.ts';
import { standing } from './testing.ts';

const service = (name: string, image: string, fields: { status?: object; annotations?: object } = {}) =>
  standing('serving.knative.dev/v1', 'Service', name, {
    spec: {
      template: {
        ...(fields.annotations && { metadata: { annotations: fields.annotations } }),
        spec: { containers: [{ image }] },
      },
    },
    ...(fields.status && { status: fields.status }),
  });
const overlay: NewObject[] = [
  service('orders', 'dev.local/orders:dev'),
  service('auth', 'registry.example:5000/shop/auth:dev'),
  standing('apps/v1', 'StatefulSet', 'postgres', {
    spec: { template: { spec: { containers: [{ image: 'postgres:18' }] } } },
  }),
];
const tags = new Map([
  ['orders', 'aaa'],
  ['auth', 'bbb'],
  ['unused', 'ccc'],
]);
const plan = (standing: KubeObject[], more: { tag?: string; registry?: string } = {}) =>
  planDeployment(overlay, standing, { tags, now: 'now', ...more });
const imagesOf = (objects: readonly NewObject[]) => objects.flatMap(containersOf).map(({ image }) => image);
const ready = { latestReadyRevisionName: 'orders-00001' };
const failed = { conditions: [{ type: 'ConfigurationsReady', status: 'False' }] };

describe('what is deployed', () => {
  it('has our images by their content, and others as they are', () => {
    const { objects, images } = plan([]);
    expect(imagesOf(objects)).toEqual([
      'dev.local/orders:aaa',
      'registry.example:5000/shop/auth:bbb',
      'postgres:18',
    ]);
    expect(images.map(({ reference }) => reference)).toEqual([
      'registry.example:5000/shop/auth:bbb',
      'dev.local/orders:aaa',
    ]);
    expect(imagesOf(overlay)).toContain('dev.local/orders:dev');
  });

  it('names a registry and one tag for all where they are given', () => {
    expect(imagesOf(plan([], { registry: 'ghcr.io/you/shop', tag: 'v2' }).objects)).toEqual([
      'ghcr.io/you/shop/orders:v2',
      'ghcr.io/you/shop/auth:v2',
      'postgres:18',
    ]);
  });

  it('keeps the image of a Service that was ready once, and says so', () => {
    const digest = `ghcr.io/other/orders@sha256:${'0'.repeat(64)}`;
    const { objects, kept } = plan([service('orders', digest, { status: ready })]);
    expect(imagesOf(objects)[0]).toBe(digest);
    expect(kept).toEqual([{ service: 'orders', standing: digest, offered: 'dev.local/orders:aaa' }]);
  });

  it('builds nothing that a ready Service runs already, and has nothing to say of it', () => {
    const { images, kept, objects } = plan([service('orders', 'dev.local/orders:aaa', { status: ready })]);
    expect(images.map(({ name }) => name)).toEqual(['auth']);
    expect(kept).toEqual([]);
    expect(objects[0]).toEqual(
      overlay[0] && {
        ...overlay[0],
        spec: { template: { spec: { containers: [{ image: 'dev.local/orders:aaa' }] } } },
      },
    );
  });

  it('gives a Service that never was ready the new image, in a revision of its own where the last failed', () => {
    const [orders] = plan([service('orders', 'dev.local/orders:typo', { status: failed })]).objects;
    expect(imagesOf(orders ? [orders] : [])).toEqual(['dev.local/orders:aaa']);
    expect(orders?.spec.template.metadata.annotations).toEqual({ 'kagari.dev/deploy-attempt': 'now' });
    const [still] = plan([service('orders', 'dev.local/orders:typo', { status: {} })]).objects;
    expect(still?.spec.template.metadata).toBeUndefined();
  });

  it('tries the image that it keeps once more, where the newest revision of a Service that was ready failed', () => {
    const status = { ...ready, ...failed, latestCreatedRevisionName: 'orders-00002' };
    const [orders] = plan([service('orders', 'dev.local/orders:typo', { status })]).objects;
    expect(imagesOf(orders ? [orders] : [])).toEqual(['dev.local/orders:typo']);
    expect(orders?.spec.template.metadata?.annotations).toEqual({ 'kagari.dev/deploy-attempt': 'now' });
    const fell = { ...status, latestCreatedRevisionName: 'orders-00001' };
    const [still] = plan([service('orders', 'dev.local/orders:typo', { status: fell })]).objects;
    expect(still?.spec.template.metadata).toBeUndefined();
  });

  it('leaves the mark of an earlier attempt, so that the next run makes no new revision', () => {
    const annotations = { 'kagari.dev/deploy-attempt': 'then' };
    const [orders] = plan([
      service('orders', 'dev.local/orders:aaa', { status: ready, annotations }),
    ]).objects;
    expect(orders?.spec.template.metadata.annotations).toEqual(annotations);
  });
});
