/** Abramowitz and Stegun 26.2.17: P(Z ≤ z) of the standard normal distribution, within 7.5e-8. */
export const normalBelow = (z: number): number => {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z >= 0 ? 1 - tail : tail;
};

/** z with P(Z > z) = p, for p ≤ 0.5. */
export const normalAbove = (p: number): number => {
  let [low, high] = [0, 10];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (normalBelow(-middle) > p) low = middle;
    else high = middle;
  }
  return low;
};
