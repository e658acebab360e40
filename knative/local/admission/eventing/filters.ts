import * as z from 'zod';
import { parse } from '../../../../eventing/broker/cesql/parse.ts';
import { ParseError } from '../../../../eventing/broker/cesql/parse-error.ts';
import { remarksOn } from '../../../../eventing/broker/cesql/remarks.ts';
import { type Flaw, flawed, invalidKey, invalidValue, type Path, renderPath, via } from '../flaw.ts';
import { strings } from '../metadata.ts';

/** eventing's SubscriptionsAPIFilter. */
export const filter = z.strictObject({
  exact: strings.optional(),
  prefix: strings.optional(),
  suffix: strings.optional(),
  cesql: z.string().optional(),
  get all() {
    return z.array(filter).optional();
  },
  get any() {
    return z.array(filter).optional();
  },
  get not() {
    return filter.optional();
  },
});
export type Filter = z.infer<typeof filter>;

export const filterFlaws = (one: Filter): Flaw[] => {
  const dialects = [one.exact, one.prefix, one.suffix, one.all, one.any].filter(
    (part) => part && Object.keys(part).length > 0,
  );
  const count = dialects.length + (one.not ? 1 : 0) + (one.cesql ? 1 : 0);
  return [
    ...(count > 1 ? [flawed('multiple dialects found, filters can have only one dialect set', [])] : []),
    ...attributeFlaws(['exact'], one.exact),
    ...attributeFlaws(['prefix'], one.prefix),
    ...attributeFlaws(['suffix'], one.suffix),
    ...(one.all ?? []).flatMap((inner, index) => via(['all', index], filterFlaws(inner))),
    ...(one.any ?? []).flatMap((inner, index) => via(['any', index], filterFlaws(inner))),
    ...(one.not ? via(['not'], filterFlaws(one.not)) : []),
    ...expressionFlaws(one.cesql),
  ];
};

const expressionFlaws = (text = ''): Flaw[] => {
  try {
    if (text !== '') parse(text);
    return [];
  } catch (error) {
    if (error instanceof ParseError) return [invalidValue(text, ['cesql'], error.message)];
    throw error;
  }
};

export const filterWarnings = (one: Filter, path: Path): string[] => [
  ...(one.cesql ? remarksOn(one.cesql).map((remark) => `${renderPath([...path, 'cesql'])}: ${remark}`) : []),
  ...(one.all ?? []).flatMap((inner, index) => filterWarnings(inner, [...path, 'all', index])),
  ...(one.any ?? []).flatMap((inner, index) => filterWarnings(inner, [...path, 'any', index])),
  ...(one.not ? filterWarnings(one.not, [...path, 'not']) : []),
];

export const attributeFlaws = (path: string[], attributes: Record<string, string> = {}): Flaw[] =>
  Object.keys(attributes)
    .filter((name) => !/^[a-z][a-z0-9]*$/.test(name))
    .map((name) =>
      invalidKey(
        name,
        [...path, name],
        'Attribute name must start with a letter and can only contain lowercase alphanumeric',
      ),
    );
