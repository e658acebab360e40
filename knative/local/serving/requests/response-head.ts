export interface ResponseHead {
  code: number;
  reason: string;
  /** Names and values alternate, as they were sent; without the fields of the connection itself, but for a 101. */
  headers: string[];
  /** Whether the connection can be used again, and for how long the pod promised to keep it. */
  keepAlive: boolean;
  keepAliveMs: number | undefined;
}

/** What a pod wrote is no HTTP/1 (RFC 9112). */
export class ResponseError extends Error {}

/** Reads a status line and its fields, without the empty line behind them; throws a ResponseError. */
export const parseHead = (text: string) => {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([^\r\n\0]*))?$/.exec(statusLine);
  if (!status) throw new ResponseError(`not a status line: ${statusLine.slice(0, 80)}`);
  const code = Number(status[2]);
  const fields = parseFields(lines);
  const headers: string[] = [];
  let length: number | undefined;
  let chunked = false;
  let connection = '';
  let keepAliveMs: number | undefined;
  let announcesTrailers = false;

  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    switch (name.length > 17 ? '' : name.toLowerCase()) {
      case 'content-length':
        if (!/^\d{1,15}$/.test(value) || (length !== undefined && length !== Number(value)))
          throw new ResponseError(`content-length is ${value}`);
        if (length !== undefined) continue;
        length = Number(value);
        break;
      case 'transfer-encoding':
        if (chunked || value.toLowerCase() !== 'chunked')
          throw new ResponseError(`transfer-encoding is ${value}`);
        chunked = true;
        continue;
      case 'connection':
        connection += `,${value.toLowerCase()}`;
        if (code === 101) break;
        continue;
      case 'keep-alive': {
        const seconds = /timeout=(\d{1,6})/i.exec(value)?.[1];
        keepAliveMs = seconds === undefined ? undefined : Number(seconds) * 1000;
        continue;
      }
      case 'upgrade':
        if (code === 101) break;
        continue;
      case 'proxy-connection':
        continue;
      case 'trailer':
        announcesTrailers = true;
        break;
    }
    headers.push(name, value);
  }
  const options = connection === '' ? [] : connection.split(',').map((option) => option.trim());
  const keepAlive = status[1] === '1' ? !options.includes('close') : options.includes('keep-alive');
  const hidden = new Set(options.filter((option) => !connectionOptions.has(option)));
  // A length beside chunks means nothing (RFC 9112, 6.3).
  if (chunked) hidden.add('content-length');
  const passed = code === 101 || hidden.size === 0 ? headers : without(headers, hidden);
  const head = { code, reason: status[3] ?? '', headers: passed, keepAlive, keepAliveMs };
  return { head, length, chunked, announcesTrailers };
};

/** They name no field that was sent beside Connection. */
const connectionOptions = new Set(['', 'close', 'keep-alive', 'upgrade']);

/** Trailers come after chunks only. */
export const trailerField: ReadonlySet<string> = new Set(['trailer']);

export const without = (headers: readonly string[], names: ReadonlySet<string>): string[] => {
  const rest: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!names.has(name.toLowerCase())) rest.push(name, headers[i + 1] as string);
  }
  return rest;
};

const fieldLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n\0]*)$/;

export const parseFields = (lines: string[]): string[] => {
  const fields: string[] = [];
  for (const line of lines) {
    const field = fieldLine.exec(line);
    if (!field) throw new ResponseError(`not a header field: ${line.slice(0, 80)}`);
    fields.push(field[1] as string, (field[2] as string).trimEnd());
  }
  return fields;
};
