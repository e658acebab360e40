import * as z from 'zod';
import { operation } from './operation.ts';

const healthSchema = z.looseObject({ status: z.string(), checks: z.record(z.string(), z.string()) });

/** What every function answers. */
export const commonOperations = {
  health: operation({
    method: 'get',
    path: '/health',
    access: 'public',
    summary: 'Whether this function and what it depends on can serve',
    responses: {
      200: { description: 'All serve', schema: healthSchema },
      503: { description: 'Something does not serve; checks says what and why', schema: healthSchema },
    },
  }),
  live: operation({
    method: 'get',
    path: '/live',
    access: 'public',
    summary: 'Whether the process answers',
    responses: { 200: { description: 'It does', schema: z.object({ status: z.literal('ok') }) } },
  }),
  info: operation({
    method: 'get',
    path: '/info',
    access: 'public',
    summary: 'Which revision answers',
    responses: {
      200: {
        description: 'Names of service, revision and version',
        schema: z.object({ service: z.string(), revision: z.string(), version: z.string() }),
      },
    },
  }),
};
