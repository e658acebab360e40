import { unavailable } from './problem.ts';

/**
 * Longer than any statement (10 s) or call to another function may take: what is at work after it waits for something
 * that will not come. postgres.js 3.4.9 can lose a query between a connection's error and its end.
 */
const answerWithinMs = 20_000;

/** The work's answer, or 503 when there is none in time. */
export const answerInTime = async <T>(work: Promise<T> | T, ms: number = answerWithinMs): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(unavailable('There was no answer in time; try again.')), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
