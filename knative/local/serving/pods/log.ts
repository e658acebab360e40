import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

export interface LogLine {
  at: Date;
  stream: 'stdout' | 'stderr';
  text: string;
  /** Of the pod's processes, the one that wrote it: 0, and one more with each restart. */
  restart: number;
}

/** The newest lines of one pod. */
export interface PodLog {
  lines(): LogLine[];
  /** Calls for every line from now on; answers how to stop. */
  follow(listener: (line: LogLine) => void): () => void;
}

/** Bounds of what is kept of a pod; a longer line goes on in the next, as container runtimes do it. */
const maxLines = 1_000;
const maxCharacters = 1024 * 1024;
const maxLineLength = 16 * 1024;

export const createPodLog = (onLine: (line: LogLine) => void) => {
  const kept: LogLine[] = [];
  let characters = 0;
  const followers = new Set([onLine]);

  const add = (stream: LogLine['stream'], restart: number, text: string) => {
    const line = { at: new Date(), stream, text, restart };
    kept.push(line);
    characters += text.length;
    while (kept.length > maxLines || characters > maxCharacters) characters -= kept.shift()?.text.length ?? 0;
    for (const follower of followers) follower(line);
  };

  const log: PodLog = {
    lines: () => [...kept],
    follow(listener) {
      followers.add(listener);
      return () => void followers.delete(listener);
    },
  };

  return {
    log,
    /** Splits what a process writes into lines; the last one needs no line feed. */
    read(source: Readable, stream: LogLine['stream'], restart: number): void {
      const decoder = new StringDecoder('utf8');
      let rest = '';
      const take = (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines)
          for (const piece of cut(line.replace(/\r$/, ''))) add(stream, restart, piece);
        while (rest.length > maxLineLength) {
          add(stream, restart, rest.slice(0, maxLineLength));
          rest = rest.slice(maxLineLength);
        }
      };
      source.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
      source.on('error', () => {});
      source.on('close', () => {
        take(decoder.end());
        if (rest) add(stream, restart, rest);
        rest = '';
      });
    },
  };
};

const cut = (line: string): string[] => {
  if (line.length <= maxLineLength) return [line];
  return Array.from({ length: Math.ceil(line.length / maxLineLength) }, (_, i) =>
    line.slice(i * maxLineLength, (i + 1) * maxLineLength),
  );
};
