import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type OpenApiDocument, openApiDocument } from '../../functions/kit/openapi.ts';
import type { Operations } from '../../functions/kit/operation.ts';

const root = join(import.meta.dirname, '../..');

/** The OpenAPI 3.1 document of every function that has an operations.ts, by the function's name. */
export const openApiDocuments = async (): Promise<Record<string, OpenApiDocument>> => {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const entries = await Promise.all(
    (await functionsWithOperations()).map(async (fn) => {
      const { operations }: { operations: Operations } = await import(`../../functions/${fn}/operations.ts`);
      return [fn, openApiDocument(fn, version, operations)] as const;
    }),
  );
  return Object.fromEntries(entries);
};

const functionsWithOperations = async (): Promise<string[]> => {
  const files = await readdir(join(root, 'functions'), { recursive: true });
  return files
    .map((file) => /^([\w-]+)[/\\]operations\.ts$/.exec(file)?.[1])
    .filter((fn) => fn !== undefined)
    .sort();
};

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
