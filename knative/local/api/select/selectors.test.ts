import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StatusError } from '../../store/status-error.ts';
import type { KubeObject } from '../../store/types.ts';
import { parseFieldSelector } from './field-selector.ts';
import { selectableFields } from './fields.ts';
import { parseLabelSelector } from './label-selector.ts';

type Labels = Record<string, string>;

const key = fc.constantFrom('app', 'tier', 'serving.knative.dev/service', 'a_b', 'x.y/z-1', 'in', 'notin');
const value = fc.constantFrom('', 'a', 'b', 'orders-00001', 'v1.2', 'in', '7', '-3'.slice(1), 'A_b.c-9');
const space = fc.constantFrom('', ' ', '  ');

/** A requirement as text, and what it must mean. */
const requirement: fc.Arbitrary<{ text: string; holds: (labels: Labels) => boolean }> = fc.oneof(
  fc.tuple(key, value, space, fc.constantFrom('=', '==')).map(([k, v, s, op]) => ({
    text: `${k}${s}${op}${s}${v}`,
    holds: (labels: Labels) => labels[k] === v,
  })),
  fc.tuple(key, value, space).map(([k, v, s]) => ({
    text: `${k}${s}!=${s}${v}`,
    holds: (labels: Labels) => labels[k] !== v,
  })),
  fc.tuple(key, fc.array(value, { minLength: 1, maxLength: 3 }), space).map(([k, vs, s]) => ({
    text: `${k} in${s}(${vs.join(`,${s}`)})`,
    holds: (labels: Labels) => labels[k] !== undefined && vs.includes(labels[k]),
  })),
  fc.tuple(key, fc.array(value, { minLength: 1, maxLength: 3 }), space).map(([k, vs, s]) => ({
    text: `${k} notin${s}(${vs.join(`,${s}`)})`,
    holds: (labels: Labels) => labels[k] === undefined || !vs.includes(labels[k]),
  })),
  key.map((k) => ({ text: k, holds: (labels: Labels) => k in labels })),
  fc.tuple(key, space).map(([k, s]) => ({ text: `!${s}${k}`, holds: (labels: Labels) => !(k in labels) })),
  fc.tuple(key, fc.integer({ min: -9, max: 9 })).map(([k, n]) => ({
    text: `${k}>${n}`,
    holds: (labels: Labels) => /^-?\d+$/.test(labels[k] ?? '') && Number(labels[k]) > n,
  })),
);

describe('a label selector', () => {
  test('chooses what all of its requirements hold for', () => {
    fc.assert(
      fc.property(
        fc.array(requirement, { maxLength: 4 }),
        fc.dictionary(key, value, { maxKeys: 4 }),
        space,
        (requirements, labels, s) => {
          const text = requirements.map((one) => one.text).join(`,${s}`);
          expect(parseLabelSelector(text)(labels)).toBe(requirements.every(({ holds }) => holds(labels)));
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('of nothing chooses everything, also what has no labels', () => {
    expect(parseLabelSelector('')(undefined)).toBe(true);
    expect(parseLabelSelector('!a')(undefined)).toBe(true);
    expect(parseLabelSelector('a')(undefined)).toBe(false);
  });

  test('does not take for a label what an object inherits', () => {
    expect(parseLabelSelector('constructor')({})).toBe(false);
    expect(parseLabelSelector('toString!=x')({})).toBe(true);
  });

  test.each(['a=b=c', 'a in b', 'a in (b', '=b', 'a!b', ',', 'a,,b', 'a>b', 'a in (!)', '-a=b'])(
    'that is none is a BadRequest: %s',
    (text) => {
      expect(() => parseLabelSelector(text)).toThrow(StatusError);
    },
  );
});

describe('a field selector', () => {
  const event = {
    metadata: { name: 'a', namespace: 'n' },
    involvedObject: { kind: 'Service', name: 'orders, the', uid: 'u' },
    type: 'Warning',
    source: { component: 'c' },
  } as unknown as KubeObject;
  const matches = (text: string, kind = 'Event') => parseFieldSelector(text, selectableFields(kind))(event);

  test.each<[string, boolean]>([
    ['', true],
    ['metadata.name=a', true],
    ['metadata.name==a,metadata.namespace=n', true],
    ['metadata.name=b', false],
    ['metadata.name!=b', true],
    ['involvedObject.kind=Service,type!=Normal', true],
    [String.raw`involvedObject.name=orders\, the`, true],
    ['involvedObject.fieldPath=', true],
    ['source=c', true],
  ])('%s: %s', (text, expected) => {
    expect(matches(text)).toBe(expected);
  });

  test('of another field, or of none, is a BadRequest', () => {
    expect(() => matches('spec.x=1')).toThrow('field label not supported: spec.x');
    expect(() => matches('type=Normal', 'ConfigMap')).toThrow('field label not supported: type');
    expect(() => matches('constructor=x')).toThrow('field label not supported');
    expect(() => matches('metadata.name')).toThrow(StatusError);
  });
});
