import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { OpenApiDocument } from '../../functions/kit/openapi.ts';
import type { Sent } from './request.ts';
import { isId } from './seen.ts';
import type { JsonSchema, Target } from './targets.ts';
import type { Answer } from './wire.ts';

interface Reply {
  headers?: Record<string, unknown>;
  content?: Record<string, { schema?: JsonSchema }>;
}

export type Oracle = ReturnType<typeof createOracle>;

/** Says what is wrong with an answer, by the documents of a door and the rules that hold for every operation. */
export const createOracle = (documents: Record<string, OpenApiDocument>, targets: readonly Target[]) => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  const validators = new Map<unknown, ValidateFunction>();
  const routes = targets
    .map((target) => ({ target, pattern: patternOf(target.path) }))
    // Written-out paths before parameters.
    .sort((a, b) => Number(a.target.path.includes('{')) - Number(b.target.path.includes('{')));

  /** What is documented for where the request really went, which a mutation may have changed. */
  const lookUp = ({ document }: Target, { method, path }: Sent): Target | undefined => {
    const asked = method === 'HEAD' ? 'GET' : method;
    const found = (pathname: string) =>
      routes.find(
        ({ target, pattern }) =>
          target.document === document && target.method === asked && pattern.test(pathname),
      )?.target;
    const [plain = ''] = path.split(/[?#]/);
    return found(normalised(plain));
  };

  const repliesOf = (target: Target): Record<string, Reply> => {
    const document = documents[target.document] as OpenApiDocument;
    const operation = document.paths[target.path]?.[target.method.toLowerCase()];
    return dereferenced(operation?.responses, document) as Record<string, Reply>;
  };
  const refusalsOf = ({ document }: Target): Record<string, Reply> =>
    dereferenced(documents[document]?.components.responses, documents[document]) as Record<string, Reply>;
  const cache = new Map<string, Record<string, Reply>>();
  const documented = (target: Target, found: boolean) => {
    const key = `${target.document} ${target.method} ${target.path} ${found}`;
    const known = cache.get(key) ?? (found ? repliesOf(target) : refusalsOf(target));
    cache.set(key, known);
    return known;
  };

  const matches = (schema: JsonSchema, value: unknown): string | undefined => {
    const validate = validators.get(schema) ?? ajv.compile(schema);
    validators.set(schema, validate);
    return validate(value) ? undefined : ajv.errorsText(validate.errors);
  };

  const contentFault = (sent: Sent, answer: Answer, reply: Reply): string | undefined => {
    const types = Object.keys(reply.content ?? {});
    if (types.length === 0 || sent.method === 'HEAD')
      return answer.body.length > 0 ? 'a body where none is documented' : undefined;
    const type = String(answer.headers['content-type']).replace(/;.*/, '').trim();
    const range = types.find((one) => one === type || one === '*/*');
    if (range === undefined) return `content type ${type}, documented: ${types.join(', ')}`;
    if (!/[/+]json$/.test(type)) return undefined;
    const value = jsonIn(answer);
    if (value === undefined) return 'a body that is no JSON';
    const schema = reply.content?.[range]?.schema;
    const against = schema !== undefined && matches(schema, value);
    return against ? `against the schema of the answer: ${against}` : undefined;
  };

  return {
    /** Of an answer in JSON. */
    schemaOf: (target: Target, status: number): JsonSchema | undefined =>
      documented(target, true)[status]?.content?.['application/json']?.schema,
    /** Undefined where all is well. */
    fault(target: Target, sent: Sent, answer: Answer): string | undefined {
      const { status } = answer;
      const found = lookUp(target, sent);
      const reply = documented(found ?? target, found !== undefined)[status];
      if (status >= 500) return `answered ${status}`;
      // Off the documented paths there may be pages for people.
      if (!found && status === 200 && /^text\/html\b/.test(String(answer.headers['content-type'])))
        return undefined;
      if (!reply) return `answered ${status}, which is not documented`;
      return (
        contentFault(sent, answer, reply) ??
        refusalFault(answer) ??
        leakIn(answer) ??
        (found && identityFault(found, sent, status)) ??
        (sent.how === 'valid' && found === target ? validFault(target, sent, answer) : undefined)
      );
    },
  };
};

const patternOf = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+')}$`);

const normalised = (path: string): string => {
  try {
    return new URL(`http://x${path}`).pathname;
  } catch {
    return path;
  }
};

const dereferenced = (value: unknown, document: unknown): unknown => {
  if (Array.isArray(value)) return value.map((item) => dereferenced(item, document));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref } = value as { $ref?: unknown };
  if (typeof $ref === 'string' && $ref.startsWith('#/components/'))
    return dereferenced(
      $ref
        .slice(2)
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], document),
      document,
    );
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, dereferenced(inner, document)]),
  );
};

export const jsonIn = ({ body }: Answer): unknown => {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
};

/** RFC 9110 and 9457: what a refusal must say beside its body. */
const refusalFault = ({ status, headers, body }: Answer): string | undefined => {
  if (status === 401 && !headers['www-authenticate']) return '401 without WWW-Authenticate';
  if (status === 405 && !headers.allow) return '405 without Allow';
  if ((status === 429 || status === 503) && !/^\d+$/.test(String(headers['retry-after'])))
    return `${status} without Retry-After`;
  if (status < 400 || body.length === 0) return undefined;
  const problem = jsonIn({ status, headers, body }) as { type?: string; status?: number } | undefined;
  if (problem?.status !== status) return 'a problem whose status is another';
  return problem.type?.startsWith('urn:kagari:problem:') ? undefined : 'a problem without its type';
};

const leaks =
  /\n\s+at |node:internal|node_modules|\.ts:\d+|"stack"|"cause"|SQLSTATE|PostgresError|\bECONN[A-Z]+|syntax error at|violates \w+ constraint|invalid input syntax|TypeError|undefined is not/;

const leakIn = ({ status, body }: Answer): string | undefined => {
  const leak = status >= 400 ? leaks.exec(body.toString())?.[0] : undefined;
  return leak && `tells of its insides: ${leak}`;
};

/** Nobody gets in who may not, and nobody reads what is another's. */
const identityFault = (
  { access, path }: Target,
  { who, met, headers }: Sent,
  status: number,
): string | undefined => {
  if (access === 'public') return undefined;
  const served = status < 400 || status === 409 || status === 422;
  const authorizations = headers.filter(([name]) => name === 'authorization');
  const unknown = ['nobody', 'expired', 'forged', 'garbage'].includes(who) || authorizations.length === 0;
  if (unknown && served) return `served ${who}`;
  if (access === 'operator' && who !== 'operator' && served) return `served ${who}, which is no operator`;
  const names = (key: string) => isId(key) || path.includes(`{${key}}`);
  if (who === 'stranger' && access === 'customer' && status < 300 && met.some(names))
    return 'served somebody else’s thing';
  return undefined;
};

/** What its schema allows and the right one asks may be refused for what it means, not for how it is written. */
const validFault = ({ access }: Target, { who }: Sent, { status, headers }: Answer): string | undefined => {
  const right = access === 'public' || who === (access === 'operator' ? 'operator' : 'owner');
  const wrong = [400, 405, 413, 415, 431, ...(access === 'public' ? [] : [401])];
  // 403 may also be of what is asked for, whoever asks.
  const role = String(headers['www-authenticate']).includes('insufficient_scope');
  return right && (wrong.includes(status) || role) ? `a valid request was answered ${status}` : undefined;
};
