import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { combineOpenApi } from '../../functions/gateway/combined-openapi.ts';
import { testDefaults } from '../../functions/gateway/testing.ts';
import { openApiDocuments, writeOpenApi } from '../../scripts/build/openapi.ts';
import { findRoutes } from './world.ts';

const documents = await openApiDocuments();
const all = { ...documents, gateway: combineOpenApi(documents, '1', testDefaults().limits) };
const routes = await findRoutes();

/** What gateway and parser can answer to any operation. */
const refusals = ['400', '401', '403', '404', '405', '413', '415', '422', '429', '431', '503', '504'];

interface Documented {
  operationId: string;
  parameters: { name: string; in: string; required: boolean }[];
  responses: object;
  security: object[];
}

describe.each(Object.keys(all))('the document of %s', (fn) => {
  const document = all[fn as keyof typeof all];
  const { openapi, paths, components } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation) => ({ path, operation: operation as unknown as Documented })),
  );

  it('is OpenAPI 3.1 with operations of different names', () => {
    expect(openapi).toMatch(/^3\.1\.\d+$/);
    const names = operations.map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(0);
  });

  it('is valid by the schema of OpenAPI', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone({ ...document }));
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });

  it('says of every operation all that gateway and parser can answer, and how it ends well', () => {
    for (const { operation } of operations) {
      const statuses = Object.keys(operation.responses);
      expect(statuses).toEqual(expect.arrayContaining(refusals));
      expect(
        statuses.some((status) => status.startsWith('2')),
        operation.operationId,
      ).toBe(true);
    }
  });

  it('declares the parameters of every path, and no others', () => {
    for (const { path, operation } of operations) {
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => name)).toEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      );
      expect(inPath.every(({ required }) => required)).toBe(true);
    }
  });

  it('refers to nothing that is not in it', () => {
    for (const [, pointer = ''] of JSON.stringify({ paths, components }).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = pointer.split('/').reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], {
        paths,
        components,
      });
      expect(found, pointer).toBeDefined();
    }
  });
});

it.each(routes)(
  '$fn $name is documented with who may call it, or internal and not at all',
  ({ fn, operation }) => {
    const path = operation.path.replaceAll(/:(\w+)/g, '{$1}');
    const documented = documents[fn]?.paths[path]?.[operation.method];
    if (operation.access === 'internal') expect(documented).toBeUndefined();
    else
      expect(documented).toMatchObject({
        'x-kagari-access': operation.access,
        security: operation.access === 'public' ? [] : [{ bearer: [] }],
      });
  },
);

it('the command writes one file for each function', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kagari openapi '));
  try {
    await writeOpenApi(join(folder, 'out'));
    for (const [fn, document] of Object.entries(documents))
      expect(JSON.parse(await readFile(join(folder, 'out', `${fn}.json`), 'utf8'))).toEqual(document);
  } finally {
    await rm(folder, { recursive: true });
  }
});
