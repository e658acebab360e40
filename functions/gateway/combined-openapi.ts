import type { OpenApiDocument } from '../kit/openapi.ts';

/** All functions in one document, each path below its function's segment. */
export const combineOpenApi = (
  documents: Record<string, OpenApiDocument>,
  version: string,
): OpenApiDocument => {
  const combined: OpenApiDocument = {
    openapi: '3.1.1',
    info: { title: 'kagari', version },
    paths: {},
    components: {},
  };
  for (const [fn, { paths, components }] of Object.entries(documents)) {
    // Every document is made with the same components.
    combined.components = components;
    for (const [path, operations] of Object.entries(paths)) combined.paths[`/${fn}${path}`] = operations;
  }
  return combined;
};
