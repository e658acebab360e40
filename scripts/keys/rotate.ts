import { setTimeout as sleep } from 'node:timers/promises';
import { newKey } from '../../knative/local/secrets/signing-keys.ts';
import type { KeyKeeper } from './keeper.ts';
import { isUnderWay, kidOf, nextStep, type Step } from './next-step.ts';
import { type KeyObjects, type KeyState, readState, withKeys, withPublished } from './state.ts';

export interface RotateOptions {
  keeper: KeyKeeper;
  /** Begin a rotation where none is under way; else only what was begun, and what is due. */
  begin: boolean;
  /** Until every verifier has read a key that was published. */
  waitMs: number;
  /** From the switch on, until no token of the key before is shown any more. */
  retireAfterMs: number;
  say(line: string): void;
  now?: () => number;
  wait?: (ms: number) => Promise<unknown>;
}

/** Goes step by step until nothing is left to do now; answers what stands then. */
export const rotateKeys = async (options: RotateOptions): Promise<KeyState> => {
  const { keeper, waitMs, say, now = Date.now, wait = sleep } = options;
  let { begin } = options;
  for (let first = true; ; first = false) {
    const objects = await keeper.read();
    const state = await readState(objects);
    if (first && begin && isUnderWay(state)) {
      say('a rotation was begun before: it goes on');
      begin = false;
    }
    const step = nextStep(state, { begin, waitMs, now: now() });
    if (!step) return state;
    if (step.do === 'wait') {
      say(`waiting ${Math.ceil((step.until - now()) / 1000)} s until every verifier knows it`);
      await wait(step.until - now());
      continue;
    }
    const written = await write(step, objects, state, options, now());
    if (step.do === 'make') begin = false;
    if (written) say(told(step, state));
  }
};

/** False where somebody else was first: what stands now decides. */
const write = async (
  step: Exclude<Step, { do: 'wait' }>,
  { secret, config }: KeyObjects,
  { signing, next, published, marks }: KeyState,
  { keeper, retireAfterMs }: RotateOptions,
  now: number,
): Promise<boolean> => {
  const at = new Date(now).toISOString();
  switch (step.do) {
    case 'make':
      return keeper.write(withKeys(secret, { next: JSON.stringify(await newKey()) }));
    case 'switch':
      return keeper.write(withKeys(secret, { ...(next && { signing: next.text }), next: undefined }));
    case 'publish': {
      const kid = kidOf(step.key);
      const keys = [step.key, ...published.filter((key) => key.kid !== kid)];
      const rotating = step.key.kid === signing.kid ? {} : { rotatingTo: kid };
      const published_ = { ...marks.published, [kid]: at };
      return keeper.write(withPublished(config, keys, { ...marks, ...rotating, published: published_ }));
    }
    case 'mark': {
      const { rotatingTo: _, ...rest } = marks;
      const gone = new Date(now + retireAfterMs).toISOString();
      const retire = { ...marks.retire, ...Object.fromEntries(step.kids.map((kid) => [kid, gone])) };
      return keeper.write(withPublished(config, published, { ...rest, retire }));
    }
    case 'retire': {
      const left = published.filter((key) => !step.kids.includes(kidOf(key)));
      return keeper.write(withPublished(config, left, marks));
    }
  }
};

const told = (step: Step, { signing, next }: KeyState): string => {
  switch (step.do) {
    case 'make':
      return 'a new key is made';
    case 'publish':
      return `published ${step.key.kid}`;
    case 'switch':
      return `auth signs with ${next?.key.kid} from now on, no longer with ${signing.kid}`;
    case 'retire':
      return `retired ${step.kids.join(', ')}`;
    default:
      return 'the key before stays published until its last token has expired';
  }
};
