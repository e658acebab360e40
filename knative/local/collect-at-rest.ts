import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Revisions } from './serving/revisions.ts';

const restMs = 5_000;

/**
 * Collects garbage once the last pod has gone for a while: V8 keeps what a burst of work left, a third of the memory and
 * more, for as long as little is allocated, and nobody waits for an answer now. Answers how to stop.
 */
export const collectAtRest = (
  { pods, onChange }: Pick<Revisions, 'pods' | 'onChange'>,
  afterMs = restMs,
): (() => void) => {
  // The only way to a collection for a process that was started without the flag.
  setFlagsFromString('--expose-gc');
  const gc: (options: object) => void = runInNewContext('gc');
  // A plain collection keeps weakly held code and the emptied pages: twice the memory after a burst.
  const collect = () => gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    clearTimeout(timer);
    if (pods().length === 0) timer = setTimeout(collect, afterMs).unref();
  };
  const stop = onChange(look);
  return () => {
    clearTimeout(timer);
    stop();
  };
};
