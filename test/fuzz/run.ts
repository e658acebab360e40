#!/usr/bin/env node
// npm run test:fuzz -- --cases 100000 --seed N [--only 'orders.placeOrder at the gateway'] [--path 1:2:3]
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    path: { type: 'string' },
  },
});
console.log(`${values.cases} cases, seed ${values.seed}`);
const child = spawn('vitest', ['run', '--project', 'kagari', 'test/fuzz'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    FUZZ_TELL: 'yes',
    FUZZ_CASES: values.cases,
    FUZZ_SEED: values.seed,
    ...(values.only && { FUZZ_ONLY: values.only }),
    ...(values.path && { FUZZ_PATH: values.path }),
  },
});
child.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
