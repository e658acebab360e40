import { ParseError } from './parse-error.ts';

/** A piece of an expression, from `start` up to `end`; the text of a keyword is in upper case. */
export interface Token {
  kind: 'integer' | 'string' | 'name' | 'function' | 'keyword' | 'symbol' | 'end';
  text: string;
  start: number;
  end: number;
}

const keywords = new Set(['AND', 'OR', 'XOR', 'NOT', 'LIKE', 'EXISTS', 'IN', 'TRUE', 'FALSE']);
const symbols = new Set(['<>', '<=', '>=', '!=', ...'-+*/%=<>(),']);
const blank = /[ \t\r\n]/;
const inWord = /[A-Za-z0-9_]/;

/** CESQL 1.0, section 2, and the lexer's grammar beside it; the last token is `end`. Throws ParseError. */
export const tokensOf = (text: string): Token[] => {
  if (!text.isWellFormed()) throw new ParseError(text, 0, 'the expression has half of a surrogate pair');
  const tokens: Token[] = [];
  for (let at = endOf(text, 0, blank); at < text.length; at = endOf(text, at, blank)) {
    const token = tokenAt(text, at);
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length });
  return tokens;
};

const tokenAt = (text: string, start: number): Token => {
  const token = (kind: Token['kind'], end: number, source = text.slice(start, end)): Token => ({
    kind,
    text: source,
    start,
    end,
  });
  const first = text.charAt(start);
  if (first === "'" || first === '"') return token('string', endOfString(text, start));
  const end = endOf(text, start, inWord);
  if (end > start) {
    const word = text.slice(start, end);
    const upper = word.toUpperCase();
    return keywords.has(upper) ? token('keyword', end, upper) : token(kindOf(text, start, word), end);
  }
  const length = [2, 1].find((many) => symbols.has(text.slice(start, start + many)));
  if (length) return token('symbol', start + length);
  const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
  throw new ParseError(text, start, `${JSON.stringify(character)} has no meaning here`);
};

const endOf = (text: string, start: number, characters: RegExp): number => {
  let at = start;
  while (at < text.length && characters.test(text.charAt(at))) at++;
  return at;
};

/** A backslash keeps what follows it inside, and a quote that stands twice is inside too. */
const endOfString = (text: string, start: number): number => {
  const quote = text.charAt(start);
  for (let at = start + 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\') at++;
    else if (character === quote) {
      if (text.charAt(at + 1) !== quote) return at + 1;
      at++;
    }
  }
  throw new ParseError(text, start, 'a string that does not end');
};

/** An underscore stands in names of functions only, a digit in names of attributes only. */
const kindOf = (text: string, start: number, word: string): Token['kind'] => {
  if (/^[0-9]+$/.test(word)) return 'integer';
  if (!word.includes('_')) return 'name';
  if (/^[A-Za-z][A-Za-z_]*$/.test(word)) return 'function';
  throw new ParseError(text, start, `${JSON.stringify(word)} is no name of an attribute or a function`);
};
