/** Resolves `wait` once nothing is in hand any more, or when it is cut short. */
export const createDrain = (inHand: () => number) => {
  let done: (() => void) | undefined;
  let isCut = false;

  return {
    wait: (): Promise<void> =>
      new Promise((resolve) => {
        if (isCut || inHand() === 0) resolve();
        else done = resolve;
      }),
    /** To be called whenever there is less in hand. */
    check(): void {
      if (done && inHand() === 0) done();
    },
    cut(): void {
      isCut = true;
      done?.();
    },
  };
};
