/** Who waits to start: 0 a request waits for it, 1 it proves a new revision, 2 nobody waits. May be lowered while it waits. */
export interface StartTicket {
  priority: 0 | 1 | 2;
}

/** Lets few pods start at once, the most urgent first. */
export interface StartGate {
  /** Resolves with how to leave; rejects when aborted. */
  enter(ticket: StartTicket, signal: AbortSignal): Promise<() => void>;
}

/** A start that takes longer gives its place up: it may itself wait for a pod that stands in line. */
const holdMs = 2_000;

export const createStartGate = (places: number): StartGate => {
  const waiting = new Map<StartTicket, () => void>();
  let free = places;

  const admit = () => {
    while (free > 0 && waiting.size > 0) {
      const [ticket, go] = [...waiting].reduce((a, b) => (b[0].priority < a[0].priority ? b : a));
      waiting.delete(ticket);
      free--;
      go();
    }
  };
  const place = (): (() => void) => {
    let held = true;
    const leave = () => {
      if (!held) return;
      held = false;
      clearTimeout(timer);
      free++;
      admit();
    };
    const timer = setTimeout(leave, holdMs);
    timer.unref();
    return leave;
  };

  return {
    enter: (ticket, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const abort = () => {
          if (waiting.delete(ticket)) reject(signal.reason);
        };
        signal.addEventListener('abort', abort, { once: true });
        waiting.set(ticket, () => {
          signal.removeEventListener('abort', abort);
          resolve(place());
        });
        admit();
      }),
  };
};
