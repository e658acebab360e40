import { createInterface } from 'node:readline/promises';

/** Whether a user at the terminal says yes; the signal ends the question. */
export const confirm = async (question: string, signal: AbortSignal): Promise<boolean> => {
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  // At a terminal readline takes Ctrl-C for itself.
  asking.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await asking.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    asking.close();
  }
};
