import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type OpenApiDocument, openApiDocument } from '../../functions/kit/openapi.ts';
import type { Operations } from '../../functions/kit/operation.ts';

const root = join(import.meta.dirname, '../..');

/** The OpenAPI 3.1 document of every function but the gateway, whose own is all of these in one; by name. */
export const openApiDocuments = async (): Promise<Record<string, OpenApiDocument>> => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const files = new Set((await readdir(join(root, 'functions'), { recursive: true })).map(slashed));
  const functions = [...files].flatMap((file) => /^([\w-]+)\/app\.ts$/.exec(file)?.[1] ?? []);
  const documents = functions
    .filter((fn) => fn !== 'gateway')
    .sort()
    .map(async (fn) => {
      const operations: Operations = files.has(`${fn}/operations.ts`)
        ? (await import(`../../functions/${fn}/operations.ts`)).operations
        : {};
      return [fn, openApiDocument(fn, version, operations)] as const;
    });
  return Object.fromEntries(await Promise.all(documents));
};

const slashed = (file: string) => file.replaceAll('\\', '/');

/** Writes `<out>/<function>.json` for each. */
export const writeOpenApi = async (out: string): Promise<void> => {
  await mkdir(out, { recursive: true });
  for (const [fn, document] of Object.entries(await openApiDocuments()))
    await writeFile(join(out, `${fn}.json`), `${JSON.stringify(document)}\n`);
};

if (import.meta.main) {
  const { out } = parseArgs({ options: { out: { type: 'string', default: 'openapi' } } }).values;
  await writeOpenApi(out);
}
