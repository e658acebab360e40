import { badRequest, invalid } from '../../store/status-error.ts';
import type { WriteOptions } from '../../store/types.ts';
import type { Call } from './call.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** dryRun, and who asks, for the store. */
export const writeOptions = ({ request, user }: Call, options: string): WriteOptions => ({
  user,
  warn: request.warn,
  dryRun: isDryRun(request.query.getAll('dryRun'), options),
});

/** Throws Invalid for anything but All. */
export const isDryRun = (values: readonly string[], options: string): boolean => {
  const given = values.filter((value) => value !== '');
  const unknown = given.find((value) => value !== 'All');
  if (unknown !== undefined) throw invalidOption(options, 'dryRun', unknown, ['All']);
  return given.length > 0;
};

/** Warn where the query does not say. */
export const fieldValidation = ({ query }: Call['request'], options: string): FieldValidation => {
  const value = query.get('fieldValidation') || 'Warn';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  throw invalidOption(options, 'fieldValidation', value, ['Ignore', 'Strict', 'Warn']);
};

/** A whole number of a query, at least 0; undefined where it is not given. */
export const countOption = (query: URLSearchParams, name: string): number | undefined => {
  const value = query.get(name);
  if (value === null || value === '') return undefined;
  if (!/^\d{1,15}$/.test(value))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid ${name}`);
  return Number(value);
};

export const flagOption = (query: URLSearchParams, name: string): boolean => {
  const value = query.get(name);
  return value !== null && !['', 'false', '0'].includes(value.toLowerCase());
};

export const invalidOption = (name: string, field: string, value: string, supported: string[]) =>
  invalid({ group: 'meta.k8s.io', name, plural: '' }, '', [
    {
      reason: 'FieldValueNotSupported',
      field,
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map((one) => `"${one}"`).join(', ')}`,
    },
  ]);
