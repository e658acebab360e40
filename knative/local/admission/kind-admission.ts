import type * as z from 'zod';
import type { KubeObject, NewObject } from '../store/types.ts';
import type { Flaw } from './flaw.ts';

export interface Situation<T> {
  /** Absent on create. */
  old: T | undefined;
  /** Who asks; undefined is the runtime itself. */
  user: string | undefined;
}

/** All that admission knows of a kind: what its objects look like, what is filled in, what must hold. */
export interface KindAdmission<Schema extends z.ZodType = z.ZodType> {
  schema: Schema;
  /** What a name must look like for the API server, in Kubernetes' words. */
  name: (name: string) => string[];
  /** The kind's defaulting webhook. */
  defaults?: (object: z.infer<Schema>, situation: Situation<z.infer<Schema>>) => z.infer<Schema>;
  /** The kind's validating webhook. */
  rules?: (object: z.infer<Schema>, situation: Situation<z.infer<Schema>>) => Flaw[];
  /** What of the object is taken but not honoured here. */
  warnings?: (object: z.infer<Schema>) => string[];
}

/** The same with types that all kinds share. */
export interface AnyKindAdmission {
  schema: z.ZodType;
  name: (name: string) => string[];
  defaults(object: NewObject, situation: Situation<KubeObject>): NewObject;
  rules(object: NewObject, situation: Situation<KubeObject>): Flaw[];
  warnings(object: NewObject): string[];
}

export const defineKind = <Schema extends z.ZodType>({
  schema,
  name,
  defaults,
  rules,
  warnings,
}: KindAdmission<Schema>): AnyKindAdmission => ({
  schema,
  name,
  // the schema has been checked before any of these is called
  defaults: (object, situation) =>
    defaults
      ? (defaults(object as z.infer<Schema>, situation as Situation<z.infer<Schema>>) as NewObject)
      : object,
  rules: (object, situation) =>
    rules?.(object as z.infer<Schema>, situation as Situation<z.infer<Schema>>) ?? [],
  warnings: (object) => warnings?.(object as z.infer<Schema>) ?? [],
});
