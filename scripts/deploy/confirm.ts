import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

/** Whether a user at the terminal says yes, which an end of input is not; the signal ends the question. */
export const confirm = async (
  question: string,
  signal: AbortSignal,
  { input, output }: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream } = {
    input: process.stdin,
    output: process.stdout,
  },
): Promise<boolean> => {
  const asking = createInterface({ input, output });
  // At a terminal readline takes Ctrl-C for itself.
  asking.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answered = asking.question(`${question} [y/N] `, { signal }).catch((error) => {
      if (signal.aborted) throw error;
      // Ctrl-D; any other end of input is told by `close` alone.
      return '';
    });
    const ended = once(asking, 'close').then(() => '');
    const answer = await Promise.race([ended, answered]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    asking.close();
  }
};
