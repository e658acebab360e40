import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import type { KubeObject, NewObject } from '../knative/local/store/types.ts';

export interface Kube {
  /** Rejects with the API's own message, or, where nobody answers, with an Error that has a `code`. */
  get(path: string): Promise<KubeObject>;
  /** Of a path that answers no object. */
  text(path: string): Promise<string>;
  /** Over what was read: rejects with a ConflictError where it was changed since. */
  put(path: string, object: KubeObject): Promise<KubeObject>;
  post(path: string, object: NewObject): Promise<KubeObject>;
  delete(path: string): Promise<void>;
  close(): void;
}

/** Somebody else has written since it was read. */
export class ConflictError extends Error {}

const answerWithinMs = 10_000;

/** The Kubernetes API of a home's platform, as its kubeconfig says; undefined where none was ever written. */
export const openKube = async (home: string): Promise<Kube | undefined> => {
  const written = await readFile(join(home, 'kubeconfig'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (written === undefined) return undefined;
  const { clusters, users } = parse(written);
  const [{ cluster }, { user }] = [clusters[0], users[0]];
  const ca = Buffer.from(cluster['certificate-authority-data'], 'base64');
  const agent = new Agent({ keepAlive: true, ca });
  const headers = { accept: 'application/json', authorization: `Bearer ${user.token}` };
  const ask = (method: string, path: string, object?: NewObject): Promise<string> =>
    new Promise((resolve, reject) => {
      const body = object && JSON.stringify(object);
      const asking = request(new URL(path, cluster.server), {
        method,
        agent,
        headers: {
          ...headers,
          ...(body && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
        timeout: answerWithinMs,
      });
      asking.on('timeout', () =>
        asking.destroy(new Error(`the Kubernetes API at ${cluster.server} does not answer`)),
      );
      asking.on('error', reject);
      asking.on('response', async (response) => {
        try {
          const answer = await text(response);
          if (response.statusCode === 200 || response.statusCode === 201) return resolve(answer);
          const { reason, message } = JSON.parse(answer);
          reject(new (reason === 'Conflict' ? ConflictError : Error)(`the Kubernetes API: ${message}`));
        } catch (error) {
          reject(error);
        }
      });
      asking.end(body);
    });
  return {
    get: async (path) => JSON.parse(await ask('GET', path)),
    text: (path) => ask('GET', path),
    put: async (path, object) => JSON.parse(await ask('PUT', path, object)),
    post: async (path, object) => JSON.parse(await ask('POST', path, object)),
    delete: async (path) => void (await ask('DELETE', path)),
    close: () => agent.destroy(),
  };
};
