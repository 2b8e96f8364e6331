/** Where the series needs as many terms as the fraction. */
const MIDDLE = 3;

/** erf x = 2/√π ∫₀ˣ e^(−t²) dt, to a few units of float64's last place. */
export function errorFunction(x: number): number {
  const size = Math.abs(x);
  return size < MIDDLE ? series(x) : Math.sign(x) * (1 - complement(size));
}

/** Φ(x) = (1 + erf(x/√2))/2, also far below zero, where 1 + erf would lose its digits. */
export function normalDistribution(x: number): number {
  const scaled = -x / Math.SQRT2;
  return scaled < MIDDLE ? (1 + errorFunction(-scaled)) / 2 : complement(scaled) / 2;
}

/** 2/√π·e^(−x²)·Σ 2ⁿ x^(2n+1)/(1·3·…·(2n+1)): no term cancels another. */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** erfc x = e^(−x²)/√π / (x + ½/(x + 1/(x + 1½/(x + …)))) for x from 3 on. */
function complement(x: number): number {
  let fraction = x;
  for (let n = 60; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}
