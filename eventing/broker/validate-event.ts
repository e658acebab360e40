import { attributeName, NotAnEvent } from './event.ts';

/** Checks attributes against CloudEvents 1.0, section "Context Attributes". Throws NotAnEvent. */
export const validateAttributes = (attributes: ReadonlyMap<string, string>): void => {
  for (const name of ['specversion', 'id', 'source', 'type'])
    if (!attributes.get(name)) throw new NotAnEvent(`the attribute ${name} is required`);
  if (attributes.get('specversion') !== '1.0')
    throw new NotAnEvent(`specversion is ${attributes.get('specversion')}, only 1.0 is taken`);
  for (const [name, value] of attributes) {
    if (!attributeName.test(name) || name === 'data')
      throw new NotAnEvent(`${quote(name)} is no attribute name: lower-case letters and digits`);
    if (forbidden.test(value) || !value.isWellFormed())
      throw new NotAnEvent(`the attribute ${name} has a control character or half of a surrogate pair`);
    const wanted = core.get(name);
    if (wanted && !wanted.test(value)) throw new NotAnEvent(`the attribute ${name} is ${wanted.what}`);
  }
};

export const isMediaType = (text: string): boolean => mediaType.test(text);

interface Rule {
  what: string;
  test(value: string): boolean;
}

// Control characters and noncharacters (CloudEvents 1.0, section "Type System").
const forbidden = /[\p{Cc}\p{Noncharacter_Code_Point}]/u;
// RFC 3986, appendix A: the characters of a reference, percent followed by two digits.
const reference = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;
const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const token = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
// Each blank is taken by one place only: two that could share a run would try every way to, in exponential time.
const mediaType = new RegExp(
  `^${token}/${token}[ \\t]*(?:;[ \\t]*(?:${token}=(?:${token}|"(?:[^"\\\\]|\\\\.)*")[ \\t]*)?)*$`,
);
const timestamp =
  /^(\d{4})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

const isTimestamp = (value: string): boolean => {
  const [, year, month, day] = timestamp.exec(value) ?? [];
  if (year === undefined) return false;
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  return date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day);
};

const core = new Map<string, Rule>([
  ['source', { what: 'a URI reference', test: (value) => reference.test(value) }],
  ['subject', { what: 'not empty', test: (value) => value !== '' }],
  ['time', { what: 'a time of RFC 3339', test: isTimestamp }],
  ['datacontenttype', { what: 'a media type', test: isMediaType }],
  ['dataschema', { what: 'an absolute URI', test: (value) => absolute.test(value) && reference.test(value) }],
]);

const quote = (name: string): string => JSON.stringify(name.slice(0, 50));
