import { parseArgs } from 'node:util';

/** How many kills, by which seed, under how many customers; throws where one is no positive integer. */
export const readOptions = (args: string[]): { points: number; seed: number; customers: number } => {
  const { values } = parseArgs({
    args,
    options: {
      points: { type: 'string', default: '100' },
      seed: { type: 'string', default: String(1 + (Date.now() % 1_000_000)) },
      customers: { type: 'string', default: '4' },
    },
  });
  const read = (name: keyof typeof values): number => {
    const number = Number(values[name]);
    if (/^\d+$/.test(values[name]) && number > 0 && Number.isSafeInteger(number)) return number;
    throw new Error(`--${name} is ${values[name]}: it takes a positive integer`);
  };
  return { points: read('points'), seed: read('seed'), customers: read('customers') };
};
