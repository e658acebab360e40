import * as z from 'zod';
import { type Flaw, invalidKey } from '../flaw.ts';
import { strings } from '../metadata.ts';

/** duck/v1 CloudEventOverrides. */
export const overrides = z.strictObject({ extensions: strings.optional() });

export const overrideFlaws = (given: z.infer<typeof overrides> | undefined): Flaw[] =>
  Object.keys(given?.extensions ?? {})
    .filter((name) => !/^[a-zA-Z0-9]+$/.test(name))
    .map((name) => invalidKey(name, ['extensions', name], 'keys are expected to be alphanumeric'));
