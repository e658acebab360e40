import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenApiDocument } from '../kit/openapi.ts';

/** The documents `<folder>/<function>.json` made at build time. Throws, naming the file, where one cannot be read. */
export const readDocuments = async (
  folder: string,
  functions: readonly string[],
): Promise<Record<string, OpenApiDocument>> =>
  Object.fromEntries(
    await Promise.all(
      functions.map(async (fn) => {
        const file = join(folder, `${fn}.json`);
        try {
          return [fn, JSON.parse(await readFile(file, 'utf8')) as OpenApiDocument] as const;
        } catch (cause) {
          throw new Error(`${file}: no OpenAPI document of ${fn}; build the image anew`, { cause });
        }
      }),
    ),
  );
