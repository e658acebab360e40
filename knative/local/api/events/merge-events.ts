import { randomBytes } from 'node:crypto';

export interface Reference {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string;
  uid: string;
  resourceVersion: string;
}

/** Something that happened to an object. */
export interface Note {
  about: Reference;
  component: string;
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

/** A note and how often it was made. */
export interface Occurrence extends Note {
  /** Of its Event. */
  namespace: string;
  name: string;
  count: number;
  first: Date;
  last: Date;
}

/** More kinds of message than this for one reason at one object become one event. */
const variety = 10;
/** More than this waits for nobody: what comes then is dropped until it is written. */
const backlog = 500;

/** Makes one occurrence of notes that say the same, and of those that differ in their message only once they are many. */
export const createMerge = () => {
  const known = new Map<string, Occurrence>();
  const varieties = new Map<string, Set<string>>();
  const changed = new Set<Occurrence>();

  const note = (what: Note): 'new' | 'again' | 'dropped' => {
    const { about, component, type, reason } = what;
    const kind = [about.uid, about.kind, about.namespace, about.name, component, type, reason].join('\0');
    const messages = varieties.get(kind) ?? new Set();
    varieties.set(kind, messages);
    const combined = !messages.has(what.message) && messages.size >= variety;
    const key = combined ? kind : `${kind}\0${what.message}`;
    const message = combined ? `(combined from similar events): ${what.message}` : what.message;
    const now = new Date();
    const before = known.get(key);
    if (before) {
      Object.assign(before, { count: before.count + 1, last: now, message });
      changed.add(before);
      return 'again';
    }
    if (changed.size >= backlog) return 'dropped';
    if (!combined) messages.add(what.message);
    const occurrence = {
      ...what,
      message,
      namespace: about.namespace ?? 'default',
      name: `${about.name}.${randomBytes(8).toString('hex')}`,
      count: 1,
      first: now,
      last: now,
    };
    known.set(key, occurrence);
    changed.add(occurrence);
    return 'new';
  };

  return {
    note,
    /** Those that have changed since they were last asked for. */
    unwritten: (): Occurrence[] => {
      const taken = [...changed];
      changed.clear();
      return taken;
    },
    forgetBefore: (time: number): void => {
      for (const [key, { last }] of known) if (last.getTime() < time) known.delete(key);
      if (known.size === 0) varieties.clear();
    },
  };
};
