import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Ending } from '../rollout/drive.ts';
import type { TrafficTarget } from '../rollout/traffic.ts';
import type { ChangedFunction } from './changed-functions.ts';

/** What became of one function in a release: `under way` is also what a killed run leaves behind, `failed` had no verdict. */
export interface Release extends ChangedFunction {
  outcome: Ending['outcome'] | 'not begun' | 'under way' | 'failed';
  reasons: string[];
  seconds?: number;
  traffic?: TrafficTarget[];
  /** Held or broken off, and then aborted: its traffic is where it was. */
  takenBack?: boolean;
}

/** Of one run of the pipeline, handed from step to step as a file. */
export interface Report {
  tag: string;
  /** How many functions the cluster has. */
  functions: number;
  releases: Release[];
}

/** Undefined where no rollout was come to. */
export const readReport = async (file: string): Promise<Report | undefined> => {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : JSON.parse(text);
};

/** Whole or not at all: the step may be killed at any time. */
export const writeReport = async (file: string, report: Report): Promise<void> => {
  await writeFile(`${file}.new`, JSON.stringify(report, null, 2));
  await rename(`${file}.new`, file);
};
