import type { EventLog, Subscription } from '../port.ts';

interface Argument {
  module: string;
  create: string;
  options: unknown;
  subscription: Omit<Subscription, 'handle'> & { hold?: boolean };
}

const { module, create, options, subscription } = JSON.parse(process.argv[2] ?? '') as Argument;
const makers = (await import(module)) as Record<string, (options: unknown) => EventLog>;
const { hold = false, ...rest } = subscription;

const released = new Promise<void>((resolve) => {
  if (!hold) resolve();
  process.stdin.on('data', () => resolve());
});
const tell = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);

await makers[create]?.(options).subscribe({
  ...rest,
  async handle(record) {
    tell({ value: Buffer.from(record.value).toString() });
    await released;
  },
});
tell({ ready: true });
