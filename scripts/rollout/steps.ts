/** Small enough that one failed request in five is one in a hundred of all, large enough to be found out within seconds. */
export const defaultSteps: readonly number[] = [5, 20, 50];
