import type { KubeObject } from './types.ts';

/** One of an object's status.conditions, as knative.dev/pkg/apis writes it. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  /** Absent: it decides Ready. */
  severity?: 'Info';
  lastTransitionTime: string;
}

export interface Conditions<Type extends string = string> {
  get(type: Type | 'Ready'): Condition | undefined;
  isTrue(type: Type | 'Ready'): boolean;
  markTrue(type: Type, reason?: string, message?: string): void;
  markFalse(type: Type, reason: string, message: string): void;
  markUnknown(type: Type, reason?: string, message?: string): void;
  /** Takes back a condition that does not decide Ready. */
  clear(type: Type): void;
  /** All of them with Ready, sorted by type, for status.conditions. */
  list(): Condition[];
}

/** The list with this condition in it, sorted by type; its time is the old one's where nothing else of it changed. */
export const withCondition = (
  list: readonly Condition[] | undefined,
  { type, status, reason, message, severity }: Omit<Condition, 'lastTransitionTime'>,
  now: Date = new Date(),
): Condition[] => {
  const others = (list ?? []).filter((condition) => condition.type !== type);
  const old = list?.find((condition) => condition.type === type);
  const same =
    old?.status === status &&
    (old.reason ?? '') === (reason ?? '') &&
    (old.message ?? '') === (message ?? '');
  const condition: Condition = {
    type,
    status,
    ...(reason && { reason }),
    ...(message && { message }),
    ...(severity && { severity }),
    lastTransitionTime: `${now.toISOString().slice(0, 19)}Z`,
  };
  return [...others, same ? old : condition].sort((a, b) => (a.type < b.type ? -1 : 1));
};

/**
 * The conditions of a kind: Ready is False when one of `dependents` is, else Unknown when one is, else True; of several the
 * last speaks, as Knative marks them in order. Others have severity Info and decide nothing. A time changes only when its condition does.
 */
export const conditionSet =
  <Dependent extends string, Info extends string = never>(
    dependents: readonly Dependent[],
    _info: readonly Info[] = [],
  ) =>
  (before: readonly Condition[] | undefined, now: Date = new Date()): Conditions<Dependent | Info> => {
    type Type = Dependent | Info;
    let all = [...(before ?? [])];
    const decides = (type: string) => type === 'Ready' || dependents.some((dependent) => dependent === type);
    const find = (type: string) => all.find((condition) => condition.type === type);

    const set = (type: string, status: Condition['status'], reason = '', message = '') => {
      const severity = decides(type) ? {} : { severity: 'Info' as const };
      all = withCondition(all, { type, status, reason, message, ...severity }, now);
    };

    const decideReady = () => {
      const decisive = dependents.map(find);
      const last = (status: Condition['status']) =>
        decisive.findLast((condition) => condition?.status === status);
      const unhappy = last('False') ?? last('Unknown');
      if (unhappy) set('Ready', unhappy.status, unhappy.reason, unhappy.message);
      else set('Ready', 'True');
    };

    for (const dependent of dependents) if (!find(dependent)) set(dependent, 'Unknown');
    return {
      get: (type) => {
        if (type === 'Ready') decideReady();
        return find(type);
      },
      isTrue: (type) => {
        if (type === 'Ready') decideReady();
        return find(type)?.status === 'True';
      },
      markTrue: (type, reason, message) => set(type, 'True', reason, message),
      markFalse: (type, reason, message) => set(type, 'False', reason, message),
      markUnknown: (type, reason, message) => set(type, 'Unknown', reason, message),
      clear: (type: Type) => {
        if (!decides(type)) all = all.filter((condition) => condition.type !== type);
      },
      list: () => {
        decideReady();
        return all;
      },
    };
  };

/** The Ready condition of an object that has one. */
export const readyOf = (
  object: KubeObject | { status?: { conditions?: Condition[] } } | undefined,
): Condition | undefined =>
  object?.status?.conditions?.find((condition: Condition) => condition.type === 'Ready');
