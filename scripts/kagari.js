#!/usr/bin/env -S node --max-semi-space-size=8
// The flag (npm start has it, too) keeps V8's young generation at 16 MB instead of 128: a burst of work would leave the
// runtime twice as large for minutes. It costs no throughput (scripts/bench/ingress.ts, many-services.ts).
// Plain JavaScript, and imports late: an older Node must get as far as saying that it is too old.
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `error: Kagari needs Node 24 (this is ${process.version}): run it through npm, which brings its own on Linux`,
  );
  process.exit(1);
}

const { parseCommandLine } = await import('./command-line.ts');
const line = await parseCommandLine(process.argv.slice(2), process.env);
if ('text' in line) {
  console[line.exitCode === 0 ? 'log' : 'error'](line.text);
  process.exitCode = line.exitCode;
} else {
  await line.run().catch((error) => {
    console.error(`error: ${error.message.replaceAll(/\s*\n\s*/g, ' ')}`);
    process.exitCode = 1;
  });
}
