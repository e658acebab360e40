/** A pod's answer as bytes become known; called in this order, `data` any number of times. */
export interface ResponseEvents {
  /** 1xx but 101. */
  information(head: ResponseHead): void;
  head(head: ResponseHead): void;
  data(chunk: Buffer): void;
  /** The answer is whole. Names and values alternate. */
  end(trailers: string[]): void;
  /** 101: from here on the connection belongs to another protocol; `rest` are its first bytes. */
  switched(head: ResponseHead, rest: Buffer): void;
}

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

type State =
  | 'idle'
  | 'head'
  | 'fixed'
  | 'until-close'
  | 'chunk-size'
  | 'chunk-data'
  | 'chunk-end'
  | 'trailers';

const maxHead = 64 * 1024;
const maxSizeLine = 4 * 1024;
const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');

/** Reads one answer after another from one connection, in pieces of any size, without copying bodies. */
export const createResponseParser = (events: ResponseEvents) => {
  let state: State = 'idle';
  let method = '';
  let left = 0;
  /** The begin of a head or line whose end has not come. */
  let kept: Buffer | undefined;
  let trailers = '';
  let ended: string[] | undefined;

  const end = (fields: string[] = []) => {
    state = 'idle';
    ended = fields;
  };
  const upTo = (mark: Buffer, bytes: Buffer, at: number, limit: number): number => {
    const found = bytes.indexOf(mark, at);
    if ((found < 0 ? bytes.length : found) - at > limit)
      throw new ResponseError('a field section is too long');
    if (found < 0) kept = bytes.subarray(at);
    return found;
  };

  /** Answers where the next part begins; -1 where more bytes are needed. */
  const readHead = (bytes: Buffer, at: number): number => {
    const stop = upTo(headEnd, bytes, at, maxHead);
    if (stop < 0) return -1;
    const { head, length, chunked, announcesTrailers } = parseHead(bytes.toString('latin1', at, stop));
    const next = stop + headEnd.length;
    if (head.code === 101) {
      state = 'idle';
      events.switched(head, bytes.subarray(next));
      return bytes.length;
    }
    if (head.code < 200) {
      events.information(head);
      return next;
    }
    const bodiless = method === 'HEAD' || head.code === 204 || head.code === 304;
    if (announcesTrailers && (bodiless || !chunked)) head.headers = without(head.headers, trailerField);
    if (!bodiless && !chunked && length === undefined) head.keepAlive = false;
    events.head(head);
    if (bodiless || (!chunked && length === 0)) end();
    else if (chunked) state = 'chunk-size';
    else if (length === undefined) state = 'until-close';
    else {
      state = 'fixed';
      left = length;
    }
    return next;
  };

  const readData = (bytes: Buffer, at: number): number => {
    const size = Math.min(left, bytes.length - at);
    events.data(at === 0 && size === bytes.length ? bytes : bytes.subarray(at, at + size));
    left -= size;
    if (left === 0) {
      if (state === 'fixed') end();
      else state = 'chunk-end';
    }
    return at + size;
  };

  const readChunkLine = (bytes: Buffer, at: number): number => {
    const stop = upTo(lineEnd, bytes, at, maxSizeLine);
    if (stop < 0) return -1;
    const line = bytes.toString('latin1', at, stop);
    if (state === 'chunk-end') {
      if (line !== '') throw new ResponseError('a chunk is longer than it says');
      state = 'chunk-size';
    } else {
      const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line)?.[1];
      if (size === undefined) throw new ResponseError('a chunk has no size');
      left = Number.parseInt(size, 16);
      trailers = '';
      state = left === 0 ? 'trailers' : 'chunk-data';
    }
    return stop + lineEnd.length;
  };

  const readTrailer = (bytes: Buffer, at: number): number => {
    const stop = upTo(lineEnd, bytes, at, maxHead);
    if (stop < 0) return -1;
    const line = bytes.toString('latin1', at, stop);
    if (line === '') end(parseFields(trailers === '' ? [] : trailers.slice(0, -2).split('\r\n')));
    else trailers += `${line}\r\n`;
    if (trailers.length > maxHead) throw new ResponseError('a field section is too long');
    return stop + lineEnd.length;
  };

  const readers: Record<Exclude<State, 'idle' | 'until-close'>, (bytes: Buffer, at: number) => number> = {
    head: readHead,
    fixed: readData,
    'chunk-size': readChunkLine,
    'chunk-data': readData,
    'chunk-end': readChunkLine,
    trailers: readTrailer,
  };

  return {
    /** The next bytes answer a request of this method. */
    expect(requestMethod: string): void {
      method = requestMethod;
      state = 'head';
    },
    /** Throws a ResponseError; bytes that nobody asked for are one. */
    feed(chunk: Buffer): void {
      const bytes = kept ? Buffer.concat([kept, chunk]) : chunk;
      kept = undefined;
      for (let at = 0; at >= 0 && at < bytes.length; ) {
        if (state === 'idle') throw new ResponseError('there is an answer that nobody asked for');
        if (state === 'until-close') {
          events.data(at === 0 ? bytes : bytes.subarray(at));
          return;
        }
        at = readers[state](bytes, at);
        if (!ended) continue;
        // Told last: whoever hears of the end may expect the next answer, and these bytes are not part of that.
        if (at < bytes.length) throw new ResponseError('there is more than the answer');
        const fields = ended;
        ended = undefined;
        events.end(fields);
        return;
      }
    },
    /** The pod closed the connection: true where that ends the answer, as it does without any length. */
    close(): boolean {
      if (state !== 'until-close') return false;
      state = 'idle';
      events.end([]);
      return true;
    },
  };
};

export type ResponseParser = ReturnType<typeof createResponseParser>;

const parseHead = (text: string) => {
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

const parseFields = (lines: string[]): string[] => {
  const fields: string[] = [];
  for (const line of lines) {
    const field = fieldLine.exec(line);
    if (!field) throw new ResponseError(`not a header field: ${line.slice(0, 80)}`);
    fields.push(field[1] as string, (field[2] as string).trimEnd());
  }
  return fields;
};
