import type { Conditions } from '../store/conditions.ts';
import type { Unresolved } from './destination.ts';

/**
 * Marks a condition for a destination that does not resolve: Unknown while the referent has yet to get its address,
 * so that things applied together never look failed on their way, else False.
 */
export const markUnresolved = <Type extends string>(
  conditions: Conditions<Type>,
  type: Type,
  reason: string,
  { pending }: Pick<Unresolved, 'pending'>,
  message: string,
): void => {
  if (pending) conditions.markUnknown(type, reason, message);
  else conditions.markFalse(type, reason, message);
};
