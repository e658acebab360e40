// Section by section of the CloudEvents SQL Expression Language 1.0.
import { describe, expect, test } from 'vitest';
import { compile } from './compile.ts';
import type { EvaluationError } from './evaluation.ts';
import type { Value } from './expression.ts';
import { parse } from './parse.ts';
import { ParseError } from './parse-error.ts';

const event = new Map<string, Value>([
  ['specversion', '1.0'],
  ['id', 'o-7f3c'],
  ['source', '/orders'],
  ['type', 'dev.kagari.order.placed.v1'],
  ['time', '2026-02-03T04:05:06.5+02:00'],
  ['partitionkey', '01a1fcc9-d4d2-706e-97df-ff42bb7c540f'],
  ['hop', '5'],
  ['ttl', '10'],
  ['1st', 'digit'],
  ['urgent', true],
  ['weight', -12],
]);

const evaluate = (text: string) => compile(parse(text))(event);
const means = (cases: [string, Value][]) =>
  test.each(cases)('%s is %j', (text, value) => {
    expect(evaluate(text)).toEqual({ value });
  });
const fails = (cases: [string, Value, EvaluationError['kind']][]) =>
  test.each(cases)('%s is %j and a %s error', (text, value, kind) => {
    expect(evaluate(text)).toMatchObject({ value, error: { kind } });
  });

describe('2.2 literals and identifiers', () => {
  means([
    ['7', 7],
    ['-7', -7],
    ['+7', 7],
    ['007', 7],
    ['-0', 0],
    ['2147483647', 2_147_483_647],
    ['-2147483648', -2_147_483_648],
    ['tRUE', true],
    ["'it\\'s'", "it's"],
    [`"say \\"so\\""`, 'say "so"'],
    [`'"\\"'`, '"\\"'],
    ["'a\\nb\\\\'", 'a\\nb\\\\'],
    ["'twice '' inside'", "twice '' inside"],
    ["'\n\u{1f600}'", '\n\u{1f600}'],
    ["''", ''],
    ['id', 'o-7f3c'],
    ['ID', 'o-7f3c'],
    ['1st', 'digit'],
    [' \t\r\n id\n', 'o-7f3c'],
  ]);
});

describe('2.3 and 3.6 how tightly operators bind', () => {
  means([
    ['2 + 3 * 4', 14],
    ['(2 + 3) * 4', 20],
    ['10 - 3 - 2', 5],
    ['64 / 4 / 2', 8],
    ['7 - 2 * 3 % 4', 5],
    ['4-1', 3],
    ['4 - -1', 5],
    ['hop-1', 4],
    ['--3', 3],
    ['- 3', -3],
    ['1 + 1 = 2 AND 3 > 2', true],
    ['1 < 2 = TRUE', true],
    ["NOT 'false' = TRUE", true],
    ["NOT EXISTS none AND id LIKE 'o-%'", true],
    ["- hop LIKE '-_'", true],
    ['1 + 1 IN (1)', 2],
    ['FALSE AND TRUE OR TRUE', false],
    ['(FALSE AND TRUE) OR TRUE', true],
    ['TRUE XOR TRUE OR TRUE', false],
    ['TRUE XOR FALSE XOR TRUE', false],
  ]);
});

describe('3.2 attributes', () => {
  means([
    ['time', '2026-02-03T04:05:06.5+02:00'],
    ['urgent', true],
    ['weight * 2', -24],
    ['hop = 5 OR sequence = 1', true],
    ['hop < ttl', true],
  ]);
  fails([
    ['sequence', false, 'missingAttribute'],
    ['sequence = 1 OR hop = 5', false, 'missingAttribute'],
    ['sequence != 1', false, 'missingAttribute'],
    ['sequence * 5', 0, 'missingAttribute'],
    ['1 / sequence', 0, 'missingAttribute'],
    ['-sequence', 0, 'missingAttribute'],
    ['NOT sequence', false, 'missingAttribute'],
    ["sequence LIKE ''", false, 'missingAttribute'],
    ["sequence NOT LIKE ''", false, 'missingAttribute'],
    ["id IN ('a', sequence)", false, 'missingAttribute'],
    ['LENGTH(sequence)', 0, 'missingAttribute'],
    ['CONCAT(id, sequence)', '', 'missingAttribute'],
    ['TRUE AND (sequence = "")', false, 'missingAttribute'],
    ['data', false, 'missingAttribute'],
  ]);
});

describe('3.4 operators', () => {
  means([
    ['-7 / 2', -3],
    ['-7 % 2', -1],
    ['7 % -2', 1],
    ['-2147483648 % -1', 0],
    ["'a' = 'A'", false],
    ['1 <> 2', true],
    ['FALSE AND 1 / 0 = 1', false],
    ['TRUE OR none', true],
    ['TRUE XOR FALSE', true],
  ]);
  fails([
    ['7 / 0', 0, 'math'],
    ['7 % 0', 0, 'math'],
    ['TRUE AND 1 / 0 != 1', false, 'math'],
    ['TRUE XOR 1 / 0 = 1', false, 'math'],
    ["'a' < 'b'", false, 'cast'],
    ["NOT 'yes'", false, 'cast'],
    ['id AND TRUE', false, 'cast'],
  ]);
  test('what goes beyond 32 bits wraps around', () => {
    expect(evaluate('2147483647 + 1')).toEqual({ value: -2_147_483_648 });
    expect(evaluate('-2147483648 - 1')).toEqual({ value: 2_147_483_647 });
    expect(evaluate('65536 * 65537')).toEqual({ value: 65_536 });
    expect(evaluate('2147483647 * 2147483647')).toEqual({ value: 1 });
    expect(evaluate('-2147483648 / -1')).toEqual({ value: -2_147_483_648 });
    expect(evaluate('-(-2147483648)')).toEqual({ value: -2_147_483_648 });
  });
});

describe('3.4.3 LIKE', () => {
  means([
    ["'ab' LIKE '_b%'", true],
    ["'abc' LIKE '_b%'", true],
    ["'b' LIKE '_b%'", false],
    ["'aBc' LIKE '_b%'", false],
    ["'' LIKE ''", true],
    ["'' LIKE '%'", true],
    ["'' LIKE '_'", false],
    ["'aba' LIKE 'ab%ba'", false],
    ["'50%' LIKE '50\\%'", true],
    ["'500' LIKE '50\\%'", false],
    ["'a\\_b' LIKE 'a\\\\_b'", true],
    ["'a\\b' LIKE 'a\\b'", true],
    ["'.*' LIKE 'ab'", false],
    ["'\u{1f600}' LIKE '_'", true],
    ["'\u{1f600}' LIKE '__'", false],
    ["'a\nb' LIKE 'a%b'", true],
    ["-12 LIKE '-1_'", true],
    ["TRUE NOT LIKE 'f%'", true],
  ]);
});

describe('3.4.4 EXISTS and 3.4.5 IN', () => {
  means([
    ['EXISTS id', true],
    ['EXISTS hop', true],
    ['EXISTS none', false],
    ['EXISTS data', false],
    ["hop IN ('4', '5')", true],
    ['hop IN (4, 5)', true],
    ['weight IN (1, "-12")', true],
    ["weight IN (-12, 'x')", true],
    ["urgent IN ('TRUE')", true],
    ["'TRUE' IN (TRUE)", false],
    ['hop NOT IN (ttl, 5 + 1)', true],
    ["RIGHT(partitionkey, 2) IN ('0e', '0f')", true],
    ["RIGHT(partitionkey, 2) NOT IN ('0e', '0f')", false],
  ]);
  fails([
    ["weight IN (1, 'x', -12)", false, 'cast'],
    ["weight IN (1, CONCAT('x'))", false, 'cast'],
    ["weight NOT IN (1, 'x')", false, 'cast'],
  ]);
});

describe('3.5 functions', () => {
  means([
    ["LENGTH('na\u{ef}ve \u{1f600}')", 7],
    ["concat('a', 1, TRUE)", 'a1true'],
    ["CONCAT_WS('-', 1, 2, 3)", '1-2-3'],
    ["CONCAT_WS('-')", ''],
    ["LOWER('\u{c4}B')", '\u{e4}b'],
    ["UPPER('\u{e4}b')", '\u{c4}B'],
    ["TRIM(' \t\u{a0}\u{85}\u{3000}a b\u{2028}\r\n')", 'a b'],
    ["TRIM('\u{feff}a\u{1}')", '\u{feff}a\u{1}'],
    ["LEFT('\u{1f600}bc', 2)", '\u{1f600}b'],
    ["RIGHT('ab\u{1f600}', 2)", 'b\u{1f600}'],
    ["LEFT('abc', 0)", ''],
    ["RIGHT('abc', 0)", ''],
    ["RIGHT('abc', 2147483647)", 'abc'],
    ["SUBSTRING('a\u{1f600}cd', 2, 2)", '\u{1f600}c'],
    ["SUBSTRING('a\u{1f600}cd', -3)", '\u{1f600}cd'],
    ["SUBSTRING('abc', 2, 2147483647)", 'bc'],
    ["SUBSTRING('abc', 3)", 'c'],
    ["SUBSTRING('abc', -3, 1)", 'a'],
    ["SUBSTRING('abc', 0)", ''],
    ["SUBSTRING('abc', 1, 0)", ''],
    ['ABS(-2147483647)', 2_147_483_647],
    ["IS_INT('12')", true],
    ["IS_INT('12.0')", false],
    ['IS_BOOL(12)', true],
    ["IS_BOOL('yes')", false],
  ]);
  fails([
    ['ABS(-2147483648)', 2_147_483_647, 'math'],
    ["LEFT('abc', -1)", 'abc', 'functionEvaluation'],
    ["RIGHT('abc', -1)", 'abc', 'functionEvaluation'],
    ["SUBSTRING('abc', 4)", '', 'functionEvaluation'],
    ["SUBSTRING('abc', -4)", '', 'functionEvaluation'],
    ["SUBSTRING('\u{1f600}', 2)", '', 'functionEvaluation'],
    ["SUBSTRING('\u{1f600}', -2)", '', 'functionEvaluation'],
    ["SUBSTRING('abc', 1, -1)", '', 'functionEvaluation'],
    ["SUBSTRING('abc', 'x')", '', 'cast'],
    ["LENGTH(LEFT('abc', -1))", 0, 'functionEvaluation'],
    ['NOW()', false, 'missingFunction'],
    ['NOW(none)', false, 'missingFunction'],
    ["LENGTH('a', 'b')", false, 'missingFunction'],
    ['LEFT()', false, 'missingFunction'],
    ['CONCAT_WS()', false, 'missingFunction'],
    ['CONSTRUCTOR()', false, 'missingFunction'],
  ]);
});

describe('3.7 casts', () => {
  means([
    ["INT('+12')", 12],
    ["INT('-0')", 0],
    ["INT('00012')", 12],
    ["INT('-2147483648')", -2_147_483_648],
    ['INT(TRUE)', 1],
    ['BOOL(-1)', true],
    ["BOOL('fAlSe')", false],
    ['STRING(-12)', '-12'],
    ['TRUE = "true" AND FALSE = "false"', true],
    ['TRUE = "TRUE" OR FALSE = "FALSE"', false],
    ["'TRUE' = TRUE", true],
    ["1 = '01'", false],
    ["'01' = 1", true],
    ['NOT 10', false],
    ['NOT 0', true],
    ['1 AND 2', true],
  ]);
  fails([
    ["INT('2147483648')", 0, 'cast'],
    ["INT('1e3')", 0, 'cast'],
    ["INT('')", 0, 'cast'],
    ["INT(' 1')", 0, 'cast'],
    ["INT('\u{661}')", 0, 'cast'],
    ["BOOL('1')", false, 'cast'],
    ['id = 1', false, 'cast'],
  ]);
});

describe('a text that is no expression is refused with the place', () => {
  test.each([
    ['', '1:1: the expression ends where a value is expected'],
    ['this is wrong', '1:6: "is" stands where an operator or the end is expected'],
    ['type =', '1:7: the expression ends where a value is expected'],
    ['(id', '1:4: the expression ends where an operator or ")" is expected'],
    ['ABC(', '1:5: the expression ends where a value is expected'],
    ['id IN ()', '1:8: ")" stands where a value is expected'],
    ["id IN 'a'", '1:7: "\'a\'" stands where "(" is expected'],
    ["id IN ('a'", '1:11: the expression ends where "," or ")" is expected'],
    ["id\n = \n  'a", '3:3: a string that does not end'],
    ["'a\\'", '1:1: a string that does not end'],
    ['id = #', '1:6: "#" has no meaning here'],
    ['id == 1', '1:5: "=" stands where a value is expected'],
    ['id ! 1', '1:4: "!" has no meaning here'],
    ['EXISTS (id)', '1:8: "(" stands where a value is expected'],
    ['EXISTS in', '1:8: "in" stands where a value is expected'],
    ['EXISTS 12', '1:8: "12" stands where a value is expected'],
    ['NOT', '1:4: the expression ends where a value is expected'],
    ['id NOT = 1', '1:4: "NOT" stands where an operator or the end is expected'],
    ['a_b', '1:1: "a_b" stands where a value is expected'],
    ['a_1(id)', '1:1: "a_1" is no name of an attribute or a function'],
    ['f1(id)', '1:3: "(" stands where an operator or the end is expected'],
    ['AND(id)', '1:1: "AND" stands where a value is expected'],
    ['+ 1', '1:1: "+" stands where a value is expected'],
    ['2147483648', '1:1: parsing "2147483648": value out of range'],
    ['- 2147483648', '1:3: parsing "2147483648": value out of range'],
    [
      'id LIKE 1',
      '1:9: "1" stands where a string is expected|failed to parse LIKE expression: the pattern was not a string literal',
    ],
    [
      "id LIKE LOWER('A')",
      '1:9: "LOWER" stands where a string is expected|failed to parse LIKE expression: the pattern was not a string literal',
    ],
    ["id = '\ud83d'", '1:1: the expression has half of a surrogate pair'],
    [`id LIKE '${'a'.repeat(4_097)}'`, '1:9: a LIKE pattern longer than 4096 characters'],
  ])('%j', (text, message) => {
    expect(() => parse(text)).toThrow(ParseError);
    expect(() => parse(text)).toThrow(`parse error: syntax error: ${message}`);
  });
});

describe('no text and no event is too much', () => {
  const deep = 100_000;
  test.each([
    ['parentheses', `${'('.repeat(deep)}id${')'.repeat(deep)}`],
    ['parentheses that do not end', '('.repeat(deep)],
    ['NOT', `${'NOT '.repeat(deep)}TRUE`],
    ['minus', `${'-'.repeat(deep)}1`],
    ['sums', `1${' + 1'.repeat(deep)}`],
    ['IN', `1${' IN (1)'.repeat(deep)}`],
    ['LIKE', `1${" LIKE '1'".repeat(deep)}`],
    ['functions', `${'LOWER('.repeat(deep)}id${')'.repeat(deep)}`],
  ])('%s nested too deep are refused', (_, text) => {
    expect(() => parse(text)).toThrow(/nested deeper than 256$/);
  });

  test('as deep as is allowed, all of it is evaluated', () => {
    const depth = 255;
    expect(evaluate(`${'('.repeat(depth)}id${')'.repeat(depth)}`)).toEqual({ value: 'o-7f3c' });
    expect(evaluate(`${'NOT '.repeat(depth)}TRUE`)).toEqual({ value: false });
    expect(evaluate(`1${' + 1'.repeat(depth)}`)).toEqual({ value: 256 });
    expect(evaluate(`${'LOWER('.repeat(depth)}id${')'.repeat(depth)}`)).toEqual({ value: 'o-7f3c' });
  });

  test('a chain of AND and OR may be as long as it likes', () => {
    const terms = Array.from({ length: deep }, (_, n) => `id = 'x${n}'`);
    expect(evaluate(`${terms.join(' OR ')} OR id = 'o-7f3c'`)).toEqual({ value: true });
    expect(evaluate(`TRUE${' XOR TRUE'.repeat(deep)}`)).toEqual({ value: true });
  });

  test('a set of IN may be as large as it likes', () => {
    const set = Array.from({ length: deep }, (_, n) => `'x${n}'`);
    expect(evaluate(`id IN (${set.join(', ')}, 'o-7f3c')`)).toEqual({ value: true });
  });

  test('texts that no memory holds are an error', () => {
    const long = new Map<string, Value>([['subject', 'x'.repeat(2 ** 20)]]);
    const text = `CONCAT(${Array.from({ length: 1_000 }, () => 'subject').join(', ')})`;
    expect(compile(parse(text))(long)).toMatchObject({ value: '', error: { kind: 'functionEvaluation' } });
  });

  test.each([
    [`${'a%'.repeat(2_000)}b`, 'a'],
    [`${'%a_'.repeat(1_000)}b`, 'a'],
    [`%${'a'.repeat(3_000)}b%`, 'a'],
    [`%${'_'.repeat(2_000)}b`, 'a'],
    [`%b${'a'.repeat(3_000)}%`, 'a'],
  ])('LIKE tries nothing twice: %.20s…', (pattern, letter) => {
    const match = compile(parse(`subject LIKE '${pattern}'`));
    const seconds = (length: number) => {
      const attributes = new Map<string, Value>([['subject', letter.repeat(length)]]);
      const began = performance.now();
      expect(match(attributes).value).toBe(false);
      return (performance.now() - began) / 1_000;
    };
    seconds(10_000);
    // Trying every way would take longer than the universe lasts; a busy machine may take a while.
    expect(seconds(100_000)).toBeLessThan(2);
  });
});
