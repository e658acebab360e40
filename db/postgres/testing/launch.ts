/** A launcher that a test kills: starts the Postgres of a home, says where it is, and stays. */
import { startPostgres } from '../launcher.ts';

const log = { info: () => {}, warn: () => {} };
const { adminUrl, pid } = await startPostgres({ home: process.argv[2] ?? '', log });
process.stdout.write(`${JSON.stringify({ url: adminUrl(), pid })}\n`);
setInterval(() => {}, 1000);
