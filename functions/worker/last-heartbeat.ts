import { answerInTime } from '../kit/answer-in-time.ts';
import type { Store } from './store.ts';

/** As long as the checks of /health, beside which it is asked. */
const withinMs = 2_000;

/** For /health: when the last round was made; null where there was none, or nobody can say. */
export const lastHeartbeat = async (store: Pick<Store, 'lastHeartbeat'>) => ({
  lastHeartbeat: await answerInTime(store.lastHeartbeat(), withinMs).then(
    (at) => at?.toISOString() ?? null,
    () => null,
  ),
});
