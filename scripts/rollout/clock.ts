import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from './ports.ts';

export const processClock: Clock = { now: () => performance.now(), sleep: (ms) => sleep(ms) };
