import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { unavailable } from '../kit/problem.ts';

export interface Passwords {
  /** An argon2id hash as PHC string. */
  hash(password: string): Promise<string>;
  /** Whether the password is that of the hash, asked for when it has its turn; without a hash the same work, and false. */
  matches(password: string, hash: () => Promise<string | undefined>): Promise<boolean>;
}

/** OWASP Password Storage, 2024: argon2id with 19 MiB, 2 passes, 1 lane. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 };
const tagLength = 32;
const saltLength = 16;

const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

const derive = promisify(argon2);

/**
 * Each hash takes 19 MiB while it runs: a burst waits in line, and beyond `maxWaiting` or `longestWaitMs` is told to come
 * back. Two at a time, the last of 256 has its turn in 15 s where a hash takes 117 ms; alone on a core it takes 40.
 */
export const createPasswords = ({ atOnce = 2, maxWaiting = 256, longestWaitMs = 15_000 } = {}): Passwords => {
  const waiting: (() => void)[] = [];
  let running = 0;

  const turn = async (): Promise<void> => {
    if (running < atOnce) {
      running++;
      return;
    }
    if (waiting.length >= maxWaiting) throw tooMany();
    await new Promise<void>((resolve) => waiting.push(resolve));
  };

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const asked = performance.now();
    await turn();
    try {
      // By the end of its work answerInTime would have refused: an account would be made of which nobody hears.
      if (performance.now() - asked > longestWaitMs) throw tooMany();
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };

  const compute = (password: string, parameters: Omit<Argon2Parameters, 'message'>) =>
    derive('argon2id', { ...parameters, message: password.normalize('NFC') });

  const decoy = { nonce: randomBytes(saltLength), ...cost, tagLength };

  return {
    async hash(password) {
      const nonce = randomBytes(saltLength);
      const tag = await inTurn(() => compute(password, { nonce, ...cost, tagLength }));
      return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${base64(nonce)}$${base64(tag)}`;
    },
    matches: (password, hash) =>
      inTurn(async () => {
        const found = await hash();
        const stored = found === undefined ? undefined : parse(found);
        const tag = await compute(password, stored?.parameters ?? decoy);
        return stored !== undefined && timingSafeEqual(tag, stored.tag);
      }),
  };
};

const tooMany = () => unavailable('Too many sign-ins at once.', { retryAfterSeconds: 2 });

const parse = (hash: string) => {
  const match = phc.exec(hash);
  if (!match) throw new Error('a stored password hash is no argon2id PHC string');
  const [, memory, passes, parallelism, salt = '', encoded = ''] = match;
  const tag = Buffer.from(encoded, 'base64');
  const parameters = {
    nonce: Buffer.from(salt, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: tag.length,
  };
  return { parameters, tag };
};

const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
