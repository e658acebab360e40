/** A value to be taken, when the request is sent, from those that answers or accepted requests have shown under a name. */
export class Seen {
  readonly key: string;
  readonly pick: number;
  readonly otherwise: unknown;
  constructor(key: string, pick: number, otherwise: unknown) {
    this.key = key;
    this.pick = pick;
    this.otherwise = otherwise;
  }
}

const longest = 1024;
const kept = 60;
const aliases: Record<string, string> = { nextCursor: 'cursor', accessToken: 'token' };

/** `id` of orders and `orderId` of payments are one thing. */
export const keyOf = (fn: string, name: string): string =>
  name === 'id' ? `${fn.replace(/s$/, '')}Id` : (aliases[name] ?? name);

export const isId = (key: string): boolean => /Id$/.test(key);

export type Memory = ReturnType<typeof createMemory>;

/**
 * What the world has shown: the way from one operation's answer into another's request. Bounded, and the same for the
 * same sequence of cases but for what the functions choose by themselves: ids, times, tokens.
 */
export const createMemory = () => {
  const values = new Map<string, unknown[]>();
  const seeds = new Map<string, unknown[]>();

  const add = (key: string, value: unknown) => {
    const list = values.get(key) ?? [];
    if (list.includes(value)) return;
    list.push(value);
    if (list.length > kept) list.shift();
    values.set(key, list);
  };

  const learn = (fn: string, value: unknown, name = ''): void => {
    if (typeof value === 'string' && name !== '' && value.length <= longest) add(keyOf(fn, name), value);
    else if (Array.isArray(value)) for (const item of value.slice(0, 5)) learn(fn, item, name);
    else if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) learn(fn, inner, key);
  };

  /** Of what is known from the start every other time, however much has been seen since. */
  const known = (key: string, pick: number): unknown[] => {
    const [first, then] = pick % 2 ? [seeds, values] : [values, seeds];
    return first.get(key) ?? then.get(key) ?? [];
  };

  return {
    learn,
    /** Keeps values under a name for good. */
    seed: (key: string, ...more: unknown[]) => void seeds.set(key, [...(seeds.get(key) ?? []), ...more]),
    /** Keeps a whole accepted body: what signs up can log in. */
    learnBody: (body: unknown) => add(shapeOf(body), body),
    /** The value with everything seen in its place; `met` hears which keys were found. */
    resolve(value: unknown, met: (key: string) => void = () => {}): unknown {
      const resolve = (inner: unknown): unknown => {
        if (inner instanceof Seen) {
          const list = known(inner.key, inner.pick);
          if (list.length === 0) return resolve(inner.otherwise);
          met(inner.key);
          return list[(inner.pick >> 1) % list.length];
        }
        if (Array.isArray(inner)) return inner.map(resolve);
        // By entries into a literal without a prototype: `__proto__` stays a name.
        if (typeof inner === 'object' && inner !== null && !(inner instanceof Uint8Array))
          return Object.assign(
            Object.create(null),
            ...Object.entries(inner).map(([key, part]) => ownEntry(key, resolve(part))),
          );
        return inner;
      };
      return resolve(value);
    },
  };
};

const ownEntry = (key: string, value: unknown) =>
  Object.defineProperty(Object.create(null), key, { value, enumerable: true });

/** Bodies with the same names can stand for each other. */
export const shapeOf = (body: unknown): string =>
  typeof body === 'object' && body !== null ? `body ${Object.keys(body).sort().join(' ')}` : 'body';
