import { renameSync, statSync } from 'node:fs';
import pino from 'pino';

const errorLevel = 50;
const largestBytes = 10 * 1024 * 1024;

/** The runtime's log: JSON lines in a file, warnings and errors in one line each on stderr, too. */
export const createStartLog = (file: string): pino.Logger => {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > largestBytes) renameSync(file, `${file}.1`);
  const people = {
    write(line: string) {
      const { level, msg, err, error, ...fields } = JSON.parse(line);
      const { revision, reason, message = (err ?? error)?.message } = fields;
      const word = level >= errorLevel ? 'failure' : 'warning';
      console.error([`${word}: ${msg}`, revision, reason, message].filter(Boolean).join(': '));
    },
  };
  return pino(
    { base: null, serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err } },
    pino.multistream([
      { stream: pino.destination({ dest: file, sync: true, mode: 0o600 }) },
      { level: 'warn', stream: people },
    ]),
  );
};
