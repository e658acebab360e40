import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKube, type Kube, type KubeObject } from '../acceptance/support/kube.ts';
import { readAccess } from '../acceptance/support/kubeconfig.ts';
import { type Asking, ask, expectAnswer } from './client.ts';
import type { Running } from './customers.ts';
import { pickFrom } from './seeded.ts';

export const messagesTopic = 'crash';

/** Takes what fails on purpose: it has no such address. */
export const doomed = {
  metadata: { name: 'crash-doomed' },
  spec: {
    broker: 'default',
    filters: [{ exact: { type: 'dev.kagari.order.failed.v1' } }],
    subscriber: {
      ref: { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: 'hello' },
      uri: '/no-such-place',
    },
  },
};
export const isDoomed = ({ destination }: { destination: string | null }): boolean =>
  destination?.includes('/no-such-place') ?? false;

export type Operator = (method: string, path: string, asking?: Asking) => ReturnType<typeof ask>;

/** Asks as the first operator, who signs in again when the token has run out. */
export const operatorOf = async (base: string, home: string): Promise<Operator> => {
  const account = JSON.parse(await readFile(join(home, 'operator.json'), 'utf8'));
  const body = { email: account.email, password: account.password };
  let token = '';
  const signIn = async () => {
    token = (await expectAnswer([200], base, 'POST', '/auth/login', { body })).body.accessToken;
  };
  return async (method, path, asking = {}) => {
    if (token === '') await signIn();
    const answer = await ask(base, method, path, { ...asking, token });
    if (answer.status !== 401) return answer;
    await signIn();
    return ask(base, method, path, { ...asking, token });
  };
};

/** Appends messages to a topic of the log. */
export const produce = async ({ ledger, random, goesOn }: Running, operator: Operator): Promise<void> => {
  for (let value = 0; goesOn(); value++) {
    const body = { topic: messagesTopic, key: `k${value % 7}`, value };
    const answer = await operator('POST', '/producer/produce', { body });
    if (answer.status !== 202)
      throw new Error(`a message was answered ${answer.status} ${JSON.stringify(answer.body)}`);
    ledger.acknowledged({ ...answer.body, value }, ledger.messages);
    await sleep(random() * 500);
  }
};

/** Redrives dead letters, which fail again. */
export const redriveSome = async ({ ledger, random, goesOn }: Running, operator: Operator): Promise<void> => {
  while (goesOn()) {
    const { body } = await operator('GET', '/deadletters/?state=open&limit=5');
    for (const item of body.items.filter(isDoomed)) {
      if (random() < 0.5) continue;
      const { status } = await operator('POST', `/deadletters/${item.id}/redrive`);
      // 409: an earlier attempt, whose answer was lost.
      if (status === 202 || status === 409) ledger.acknowledged(item.id, ledger.redriven);
    }
    await sleep(500 + random() * 1_500);
  }
};

/** Of these there are new revisions all the time, and their traffic is split between the newest two. */
const changing = ['hello', 'notifications', 'payments', 'orders', 'auth'];

/** Makes revisions and moves traffic by the Kubernetes API. */
export const change = async (
  { ledger, random, goesOn }: Running,
  kubeOf: () => Promise<Kube>,
): Promise<void> => {
  for (let n = 0; goesOn(); n++) {
    const name = pickFrom(random, changing);
    const makes = random() < 0.5;
    const percent = Math.round(random() * 100);
    await sleep(2_000 + random() * 4_000);
    const patched = await untilDone(kubeOf, goesOn, async (kube) => {
      const service = await kube.get('ksvc', name);
      const body = makes ? newRevision(n) : await trafficOf(kube, name, percent);
      return body && { before: service, after: await kube.patch('ksvc', name, body) };
    });
    if (!patched) continue;
    const { generation } = patched.after.metadata;
    ledger.services.set(name, { generation, traffic: patched.after.spec.traffic });
    ledger.changes++;
    ledger.heard();
  }
};

const newRevision = (n: number) => ({
  spec: { template: { metadata: { annotations: { 'crash-test/n': String(n) } } } },
});

const trafficOf = async (kube: Kube, name: string, percent: number): Promise<KubeObject> => {
  const revisions = await kube.list('revision', `serving.knative.dev/service=${name}`);
  const ready = revisions
    .filter(({ status }) =>
      status?.conditions?.some((c: KubeObject) => c.type === 'Ready' && c.status === 'True'),
    )
    .map(({ metadata }) => metadata.name)
    .sort();
  const [before] = ready.slice(-2);
  const latest = { latestRevision: true, percent: 100 };
  if (ready.length < 2 || percent === 0) return { spec: { traffic: [latest] } };
  return {
    spec: {
      traffic: [
        { ...latest, percent },
        { revisionName: before, percent: 100 - percent },
      ],
    },
  };
};

/** Until the API has answered: undefined where the run ended before. */
export const untilDone = async <T>(
  kubeOf: () => Promise<Kube>,
  goesOn: () => boolean,
  work: (kube: Kube) => Promise<T>,
): Promise<T | undefined> => {
  for (;;) {
    try {
      return await work(await kubeOf());
    } catch {
      if (!goesOn()) return undefined;
      await sleep(200);
    }
  }
};

/** The API by the kubeconfig as it is now: connections of a runtime that died are of no use. */
export const kubeFor = (kubeconfig: () => string) => {
  let kept: { path: string; kube: Kube } | undefined;
  return async (): Promise<Kube> => {
    const path = kubeconfig();
    kept ??= { path, kube: createKube(await readAccess(path), 'kagari') };
    return kept.kube;
  };
};
