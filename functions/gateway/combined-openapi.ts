import type { OpenApiDocument } from '../kit/openapi.ts';
import type { Limit, Limits } from './limits/limit.ts';

/** All functions in one document, each path below its function's segment, with the limits that hold here. */
export const combineOpenApi = (
  documents: Record<string, OpenApiDocument>,
  version: string,
  limits: Limits,
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
  const responses = combined.components.responses as Record<string, object> | undefined;
  if (!responses?.[429]) return combined;
  const description =
    `Too many requests. There may be ${words(limits.user)} of a user, ${words(limits.address)} of an address ` +
    `without a token, and ${words(limits['sign-in'])} of an address to sign up, log in and refresh.`;
  combined.components = {
    ...combined.components,
    responses: { ...responses, 429: { ...responses[429], description } },
  };
  return combined;
};

const words = ({ capacity, seconds }: Limit) => `${capacity} in ${seconds} s`;
