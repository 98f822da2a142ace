/** The most of these moments (in ms, ascending) that fall into any window of so many milliseconds. */
export function peakWithin(windowMs: number, moments: readonly number[]): number {
  let first = 0;
  let peak = 0;
  for (const [index, moment] of moments.entries()) {
    while (moment - (moments[first] as number) >= windowMs) first += 1;
    peak = Math.max(peak, index - first + 1);
  }
  return peak;
}
