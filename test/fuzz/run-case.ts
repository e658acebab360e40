import { Agent } from 'node:http';
import { expect, vi } from 'vitest';
import type { OpenApiDocument } from '../../functions/kit/openapi.ts';
import { testIdentity } from '../../functions/kit/testing.ts';
import { testWebhookSecret } from '../../functions/payments/testing.ts';
import { signedHeaders } from '../flow/support/signed.ts';
import { type Door, startWorld, type World } from '../routes/world.ts';
import { goodDraft } from './good-requests.ts';
import { createLists } from './lists.ts';
import { createOracle, jsonIn, type Oracle } from './oracle.ts';
import type { RawEdit } from './raw.ts';
import { type Draft, type Sent, type Tokens, writeOut } from './request.ts';
import { placeSeeds, seedSource, stranger } from './seeds.ts';
import { createMemory } from './seen.ts';
import { functionDocuments, type Target, targetsOf } from './targets.ts';
import { type Answer, send, sendBytes } from './wire.ts';

export type Bench = Awaited<ReturnType<typeof startBench>>;

/** All functions and the gateway, running, with what a case needs to be sent and judged. */
export const startBench = async () => {
  const world = await startWorld();
  const agent = new Agent({ keepAlive: true });
  const documents: Record<Door, Record<string, OpenApiDocument>> = {
    function: await functionDocuments(),
    gateway: { gateway: (await (await fetch(`${world.gateway}/openapi.json`)).json()) as OpenApiDocument },
  };
  const targets = {
    function: targetsOf('function', documents.function),
    gateway: targetsOf('gateway', documents.gateway),
  };
  const oracles: Record<Door, Oracle> = {
    function: createOracle(documents.function, targets.function),
    gateway: createOracle(documents.gateway, targets.gateway),
  };
  const memory = createMemory();
  const lists = createLists();
  const mutters = hearMutters();
  const tokens = await tokensOf(world);
  const seeds = await placeSeeds(world, tokens, memory);
  const signing = { tokens, sign: (body: string) => signedHeaders(body, { secret: testWebhookSecret }) };
  const served = new Set<string>();
  const answers = new Map<string, Map<number, number>>();

  const count = (target: Target, status: number) => {
    const counts = answers.get(target.name) ?? new Map<number, number>();
    counts.set(status, (counts.get(status) ?? 0) + 1);
    answers.set(target.name, counts);
  };

  const noteServed = (target: Target, { status, body, headers }: Answer) => {
    served.add(target.name);
    const schema = oracles[target.door].schemaOf(target, status);
    lists.note(target.name, schema, jsonIn({ status, body, headers }));
  };

  const urlOf = ({ door, document }: Target) =>
    door === 'gateway' ? world.gateway : (world.urls[document] ?? '');

  const remember = (target: Target, sent: Sent, answer: Answer) => {
    if (answer.status >= 300 || sent.who === 'stranger') return;
    memory.learn(target.fn, jsonIn(answer));
    if (sent.json !== undefined) memory.learnBody(sent.json);
    memory.learn(target.fn, Object.fromEntries(sent.headers.filter(([name]) => !generalHeaders.has(name))));
  };

  const all = [...targets.function, ...targets.gateway];

  return {
    targets: all,
    answers,
    /** What no valid request was answered with 2xx of so far. */
    unserved: () => all.map(({ name }) => name).filter((name) => !served.has(name)),
    /** The lists and maps in answers that were always empty so far. */
    emptyLists: lists.empty,
    /** The events that a function could not take, of those that came of requests. */
    async refusedEvents() {
      await vi.waitFor(() => expect(world.broker.idle()).toBe(true), { timeout: 20_000 });
      return world.broker.deadLetters.filter(({ source }) => source !== seedSource);
    },
    good: (target: Target) => goodDraft(target, seeds),
    /** Sends one case; throws what is wrong with the answer, with the request as curl sends it. */
    async run(target: Target, draft: Draft, raw?: RawEdit): Promise<void> {
      const sent = writeOut(draft, memory, signing);
      const url = urlOf(target);
      if (raw) {
        const bytes = raw.apply(sent, new URL(url).host);
        const back = await sendBytes(url, bytes);
        const fault = rawFault(back) ?? mutters.take();
        if (fault) throw new RawFault(`${raw.name}: ${fault}`, bytes, url, back);
        return;
      }
      const answer = await send(url, sent, agent).catch((error) => {
        throw new CaseFault(`no answer: ${(error as Error).message}`, sent, url, '');
      });
      count(target, answer.status);
      const fault = oracles[target.door].fault(target, sent, answer) ?? mutters.take();
      if (fault)
        throw new CaseFault(fault, sent, url, `${answer.status} ${answer.body.toString().slice(0, 1_000)}`);
      if (sent.how === 'valid' && answer.status < 300) noteServed(target, answer);
      remember(target, sent, answer);
    },
    async close() {
      mutters.stop();
      agent.destroy();
      await world.close();
    },
  };
};

/** What a library writes to the console was handled by nobody: no function does. */
const hearMutters = () => {
  const heard: string[] = [];
  const { error } = console;
  console.error = (...said: unknown[]) =>
    void heard.push(said.map((one) => (one as Error)?.stack ?? String(one)).join(' '));
  return {
    take: (): string | undefined => heard.splice(0).map((said) => `wrote to the console: ${said}`)[0],
    stop() {
      console.error = error;
    },
  };
};

const generalHeaders = new Set(['authorization', 'content-type']);

const tokensOf = async ({ identity }: World): Promise<Tokens> => {
  const impostor = await testIdentity('test');
  return {
    owner: await identity.token({ expiresIn: 36_000 }),
    operator: await identity.token({ role: 'operator', expiresIn: 36_000 }),
    stranger: await identity.token({ sub: stranger, expiresIn: 36_000 }),
    expired: await identity.token({ role: 'operator', expiresIn: -60 }),
    forged: await impostor.token({ role: 'operator', expiresIn: 36_000 }),
    garbage: 'garbage',
    nobody: undefined,
  };
};

/** To broken HTTP: a refusal in the form of all refusals, or the end of the connection. */
const rawFault = (back: Buffer): string | undefined => {
  const text = back.toString('latin1');
  if (text === '') return undefined;
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
  if (!status) return 'an answer that is no HTTP';
  if (status.startsWith('5')) return `answered ${status}`;
  if (/\n\s+at |node:internal|node_modules/.test(text)) return 'tells of its insides';
  const refused = status.startsWith('4') && !/^(?:HEAD)/.test(text);
  return refused && !/content-type: application\/problem\+json/i.test(text)
    ? `${status} that is no problem document`
    : undefined;
};

/** What is wrong, and the request to try it again with. */
export class CaseFault extends Error {
  constructor(fault: string, sent: Sent, url: string, answer: string) {
    super(`${fault}\n  case: ${sent.how}, as ${sent.who}\n  answer: ${answer}\n  ${curlOf(sent, url)}`);
    this.name = 'CaseFault';
  }
}

class RawFault extends Error {
  constructor(fault: string, bytes: Buffer, url: string, back: Buffer) {
    const { hostname, port } = new URL(url);
    const again = `printf %s ${quoted(bytes.toString('latin1').slice(0, 3_000))} | nc -N ${hostname} ${port}`;
    super(`${fault}\n  answer: ${back.toString('latin1').slice(0, 1_000)}\n  ${again}`);
    this.name = 'RawFault';
  }
}

const curlOf = ({ method, path, headers, bytes, who, chunked }: Sent, url: string): string => {
  const shown = headers.map(([name, value]) =>
    name === 'authorization' && ['owner', 'operator', 'stranger', 'expired', 'forged'].includes(who)
      ? `authorization: Bearer $${who.toUpperCase()}`
      : `${name}: ${value.length > 200 ? `${value.slice(0, 200)}…` : value}`,
  );
  return [
    `curl -i --path-as-is -X ${method}`,
    ...shown.map((line) => (line.includes('Bearer $') ? `-H "${line}"` : `-H ${quoted(line)}`)),
    ...(chunked ? ["-H 'transfer-encoding: chunked'"] : []),
    ...(bytes ? [`--data-binary ${quoted(Buffer.from(bytes).subarray(0, 2_000).toString('latin1'))}`] : []),
    quoted(url + path),
  ].join(' ');
};

/** As bash reads it back, byte by byte. */
const quoted = (text: string): string =>
  /^[\x20-\x7e]*$/.test(text) && !text.includes("'")
    ? `'${text}'`
    : `$'${[...text].map((c) => (/[\x20-\x26\x28-\x5b\x5d-\x7e]/.test(c) ? c : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)).join('')}'`;
