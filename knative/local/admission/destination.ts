import * as z from 'zod';
import { disallowed, type Flaw, flawed, invalidValue, missing, via } from './flaw.ts';

/** duck/v1 KReference. */
export const reference = z.strictObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  name: z.string().optional(),
  namespace: z.string().optional(),
  group: z.string().optional(),
  address: z.string().optional(),
});
export type Reference = z.infer<typeof reference>;

/** duck/v1 Destination. */
export const destination = z.strictObject({
  ref: reference.optional(),
  uri: z.string().optional(),
  CACerts: z.string().optional(),
  audience: z.string().optional(),
});
export type Destination = z.infer<typeof destination>;

/** With the namespace of the object that holds it, where its reference names none. */
export const withNamespace = <T extends Destination | undefined>(
  target: T,
  namespace: string | undefined,
): T =>
  target?.ref && !target.ref.namespace && namespace
    ? { ...target, ref: { ...target.ref, namespace } }
    : target;

/** duckv1.ValidateDestination. */
export const destinationFlaws = ({ ref, uri }: Destination = {}): Flaw[] => {
  const scheme = uri !== undefined && /^[a-z][a-z0-9+.-]*:/i.test(uri);
  if (!ref && uri === undefined) return [flawed('expected at least one, got none', ['ref'], ['uri'])];
  if (ref && scheme) {
    return [
      flawed(
        'Absolute URI is not allowed when Ref or [apiVersion, kind, name] is present',
        ['[apiVersion, kind, name]'],
        ['ref'],
        ['uri'],
      ),
    ];
  }
  if (!ref && !(scheme && URL.parse(uri ?? '')?.host)) {
    return [
      invalidValue('Relative URI is not allowed when Ref and [apiVersion, kind, name] is absent', ['uri']),
    ];
  }
  return ref ? via(['ref'], referenceFlaws(ref)) : [];
};

/** KReference.Validate; with `namespace`: it may name no other. */
export const referenceFlaws = (ref: Reference, namespace?: string): Flaw[] => [
  ...(['name', 'apiVersion', 'kind'] as const)
    .filter((field) => !ref[field])
    .map((field) => missing([field])),
  ...(ref.group ? [disallowed(['group'])] : []),
  ...(namespace && ref.namespace && ref.namespace !== namespace
    ? [
        {
          ...flawed('mismatched namespaces', ['namespace']),
          details: `parent namespace: "${namespace}" does not match ref: "${ref.namespace}"`,
        },
      ]
    : []),
];
