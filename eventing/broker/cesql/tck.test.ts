// The conformance cases that stand beside the specification, run from a checkout of it:
// CESQL_TCK=…/cloudevents/spec/cesql/cesql_tck npx vitest run eventing/broker/cesql/tck.test.ts
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { compile } from './compile.ts';
import type { Result } from './evaluation.ts';
import type { Value } from './expression.ts';
import { parse } from './parse.ts';
import { ParseError } from './parse-error.ts';

interface Case {
  name: string;
  expression: unknown;
  result?: Value;
  error?: string;
  event?: Record<string, Value>;
  eventOverrides?: Record<string, Value>;
}

/** Cases that say otherwise than the specification, and what it says. */
const contradictions: Record<string, Result> = {
  // Section 3.7: an Integer is cast to a Boolean, 0 to false and any other to true, without an error.
  'not_operator.yaml: Invalid int cast': { value: false },
};

const folder = process.env.CESQL_TCK ?? '';
const files = folder === '' ? [] : readdirSync(folder).filter((file) => file.endsWith('.yaml'));
const event = { specversion: '1.0', id: 'an-id', source: '/a-source', type: 'a.type' };

const evaluate = ({ expression, ...given }: Case): { value?: Value; error?: string | undefined } => {
  try {
    const attributes = { ...(given.event ?? event), ...given.eventOverrides };
    const { value, error } = compile(parse(String(expression)))(new Map(Object.entries(attributes)));
    return { value, error: error?.kind };
  } catch (error) {
    if (error instanceof ParseError) return { value: false, error: 'parse' };
    throw error;
  }
};

test.skipIf(folder === '')('the cases are there', () => {
  expect(files.length).toBeGreaterThan(10);
});

describe.each(files)('%s', (file) => {
  const { tests } = parseYaml(readFileSync(join(folder, file), 'utf8')) as { tests: Case[] };
  test.each(tests)('$name', (one) => {
    const contradicted = contradictions[`${file}: ${one.name}`];
    const wanted = contradicted
      ? { value: contradicted.value, error: contradicted.error?.kind }
      : { value: one.result ?? false, error: one.error };
    expect(evaluate(one)).toEqual(wanted);
  });
});
