import type { Operation } from './operation.ts';
import { notFound, Problem } from './problem.ts';

/** The paths of a function, to tell a wrong method from a wrong path once no route has matched. */
export const createRoutes = () => {
  const methods = new Map<string, { pattern: RegExp; allowed: Set<string> }>();

  const add = (method: Operation['method'], path: string): void => {
    // Hono takes the first route that matches: a later one would never be reached.
    for (const [earlier, { pattern, allowed }] of methods)
      if (earlier !== path && allowed.has(method.toUpperCase()) && pattern.test(path))
        throw new Error(`${method} ${path} must stand before ${earlier}, which takes its requests`);
    const pattern = new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+').replaceAll('.', '\\.')}$`);
    const entry = methods.get(path) ?? { pattern, allowed: new Set<string>() };
    entry.allowed.add(method.toUpperCase());
    if (method === 'get') entry.allowed.add('HEAD');
    methods.set(path, entry);
  };
  for (const path of ['/metrics', '/_metrics', '/openapi.json']) add('get', path);

  return {
    add,
    /** 405 with Allow where the path has other methods, else 404. */
    refusal(method: string, path: string): Problem {
      const allowed = new Set(
        [...methods.values()]
          .filter(({ pattern }) => pattern.test(path))
          .flatMap((entry) => [...entry.allowed]),
      );
      if (allowed.size === 0) return notFound();
      return new Problem('method-not-allowed', `${method} is not a method of this path.`, {
        headers: { allow: [...allowed].join(', ') },
      });
    },
  };
};
