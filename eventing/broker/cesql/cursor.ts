import { ParseError } from './parse-error.ts';
import { type Token, tokensOf } from './tokens.ts';

/** A place among the tokens of an expression. */
export interface Cursor {
  peek(ahead?: number): Token;
  /** The token here; the place moves on, but never beyond the end. */
  take(): Token;
  /** Whether this symbol or keyword stands here. */
  isNext(word: string, ahead?: number): boolean;
  /** Takes it if it stands here. */
  took(word: string): boolean;
  /** Throws ParseError at this place. */
  fail(what: string): never;
  /** Throws ParseError that says what stands here instead. */
  expected(what: string, also?: string): never;
}

/** Throws ParseError. */
export const cursorOf = (text: string): Cursor => {
  const tokens = tokensOf(text);
  const last = tokens.length - 1;
  let at = 0;
  const peek = (ahead = 0) => tokens[Math.min(at + ahead, last)] as Token;
  const isNext = (word: string, ahead = 0) => {
    const { kind, text: found } = peek(ahead);
    return found === word && (kind === 'symbol' || kind === 'keyword');
  };
  return {
    peek,
    isNext,
    take() {
      const token = peek();
      at = Math.min(at + 1, last);
      return token;
    },
    took: (word) => isNext(word) && ++at > 0,
    fail(what) {
      throw new ParseError(text, peek().start, what);
    },
    expected(what, also) {
      const { kind, start, end } = peek();
      const found = kind === 'end' ? 'the expression ends' : `${shown(text.slice(start, end))} stands`;
      throw new ParseError(text, start, `${found} where ${what} is expected`, also);
    },
  };
};

const shown = (source: string): string =>
  JSON.stringify(source.length > 40 ? `${source.slice(0, 39)}…` : source);
