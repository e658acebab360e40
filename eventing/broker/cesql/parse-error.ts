/** Why a text is no expression, and where; the words before the position are Knative's. */
export class ParseError extends Error {
  /** Both from 1; columns count UTF-16 code units. */
  readonly line: number;
  readonly column: number;

  constructor(text: string, offset: number, what: string, also?: string) {
    const before = text.slice(0, offset);
    const line = before.split('\n').length;
    const column = offset - before.lastIndexOf('\n');
    super(`parse error: syntax error: ${line}:${column}: ${what}${also === undefined ? '' : `|${also}`}`);
    this.name = 'ParseError';
    this.line = line;
    this.column = column;
  }
}
