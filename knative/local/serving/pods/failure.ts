import { constants } from 'node:os';
import type { RevisionState } from '../ports.ts';
import type { LogLine } from './log.ts';

export type Failure = NonNullable<RevisionState['failure']>;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A start that ends before there is a process, in Kubernetes' words. */
export class StartError extends Error {
  readonly reason: string;
  constructor(reason: string, message: string) {
    super(message);
    this.name = 'StartError';
    this.reason = reason;
  }
}

/** Kubernetes keeps at most this much of a container's last words. */
const lastWords = { lines: 80, characters: 2_048 };

/** Knative's reason and message for a container that ended: its exit code and its last lines, those of stderr before all. */
export const failureOfExit = ({ code, signal }: Exit, lines: readonly LogLine[]): Failure => {
  const exitCode = code ?? 128 + (signal ? constants.signals[signal] : 0);
  const errors = lines.filter(({ stream }) => stream === 'stderr');
  const words = (errors.length > 0 ? errors : lines)
    .slice(-lastWords.lines)
    .map(({ text }) => text)
    .join('\n')
    .slice(-lastWords.characters);
  const outOfMemory = signal !== null && words.includes('heap out of memory');
  const ending = signal ? `ended by ${signal}` : `ended with exit code ${exitCode}`;
  return {
    reason: outOfMemory ? 'OOMKilled' : `ExitCode${exitCode}`,
    message: words ? `Container failed with: ${words}` : `Container ${ending} and wrote nothing`,
    exitCode,
  };
};

export const failureOfError = (error: unknown): Failure =>
  error instanceof StartError
    ? { reason: error.reason, message: error.message }
    : {
        reason: 'StartError',
        message: error instanceof Error ? error.message : String(error),
        exitCode: 128,
      };

/** Whether a start failed because somebody else had its port. */
export const lostItsPort = (lines: readonly LogLine[]): boolean =>
  lines.some(({ text }) => /EADDRINUSE|address already in use/i.test(text));
