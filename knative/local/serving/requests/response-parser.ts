import {
  parseFields,
  parseHead,
  ResponseError,
  type ResponseHead,
  trailerField,
  without,
} from './response-head.ts';

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
