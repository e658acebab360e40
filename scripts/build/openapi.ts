import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { swaggerFiles } from '../../functions/gateway/documentation.ts';
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

/** Where swagger-ui-dist stands; it has no file that could be imported. */
export const swaggerFolder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** Writes `<out>/swagger-ui/`: the page of the gateway that shows the documents needs nothing from elsewhere. */
export const writeSwaggerUi = async (out: string): Promise<void> => {
  await mkdir(join(out, 'swagger-ui'), { recursive: true });
  for (const file of Object.keys(swaggerFiles))
    await copyFile(join(swaggerFolder, file), join(out, 'swagger-ui', file));
};

if (import.meta.main) {
  const { out } = parseArgs({ options: { out: { type: 'string', default: 'openapi' } } }).values;
  await writeOpenApi(out);
  await writeSwaggerUi(out);
}
