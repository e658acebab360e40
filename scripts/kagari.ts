#!/usr/bin/env node
import { parseCommandLine } from './command-line.ts';

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `error: Kagari needs Node 24 (this is ${process.version}): run it through npm, which brings its own`,
  );
  process.exit(1);
}

const line = parseCommandLine(process.argv.slice(2), process.env);
if ('usage' in line) {
  console[line.exitCode === 0 ? 'log' : 'error'](line.usage);
  process.exitCode = line.exitCode;
} else {
  const { start } = await import('./start.ts');
  await start(line.start);
}
