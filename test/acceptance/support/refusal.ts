import { expect } from 'vitest';
import type { Asked, Kube, KubeObject } from './kube.ts';

/** What a refused write is answered; it must have left this Service as it was. */
export const refusalBy =
  (kube: Kube, service: string) =>
  async (method: string, path: string, asked: Asked): Promise<KubeObject> => {
    const before = await kube.get('ksvc', service);
    const { status, body } = await kube.ask(method, path, asked);
    expect([status >= 400, body.kind, body.status]).toEqual([true, 'Status', 'Failure']);
    expect(body.code).toBe(status);
    expect((await kube.get('ksvc', service)).spec).toEqual(before.spec);
    return body;
  };
