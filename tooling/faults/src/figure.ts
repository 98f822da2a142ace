/** One number that a scenario has measured, and what it should be. */
export interface Figure {
  /** What was measured: `publish gap`, `lost`. */
  readonly name: string;
  readonly value: number;
  /** Milliseconds, a count, or megabytes. */
  readonly unit: 'ms' | 'MB' | '';
  /** The most that the goal allows; `undefined` for what is only told. */
  readonly atMost: number | undefined;
  /** The least that the goal allows. Default: anything. */
  readonly atLeast?: number;
  /** True where a machine that has no time for us spoils it: it may then be measured again. A count is what it is. */
  readonly isTiming: boolean;
}

/** A figure with an upper limit, in milliseconds if nothing else is said. */
export function atMost(name: string, value: number, limit: number, unit: Figure['unit'] = 'ms'): Figure {
  return { name, value, unit, atMost: limit, isTiming: unit === 'ms' };
}

/** A count with an upper limit that is one of a moment: how many in 100 ms. */
export function atMostAtOnce(name: string, value: number, limit: number): Figure {
  return { name, value, unit: '', atMost: limit, isTiming: true };
}

/** A count that must be exactly this. */
export function exactly(name: string, value: number, wanted: number): Figure {
  return { name, value, unit: '', atMost: wanted, atLeast: wanted, isTiming: false };
}

/** A figure without a goal. */
export function told(name: string, value: number, unit: Figure['unit'] = ''): Figure {
  return { name, value, unit, atMost: undefined, isTiming: false };
}

/** True when the figure is within its goal, or has none. */
export function isMet({ value, atMost: most, atLeast: least }: Figure): boolean {
  return !Number.isNaN(value) && (most === undefined || value <= most) && (least === undefined || value >= least);
}

/** `publish gap 312 ms (≤ 1500)`, `lost 0`, `returned 18 (20)`. */
export function formatFigure(figure: Figure): string {
  const { name, value, unit, atMost: most, atLeast: least } = figure;
  const number = Number.isFinite(value) ? String(unit === 'MB' ? value.toFixed(2) : Math.round(value)) : 'never';
  const goal = (() => {
    if (most === undefined) return '';
    if (least === most) return value === most ? '' : ` (should be ${most})`;
    return ` (≤ ${most})`;
  })();
  return `${name} ${number}${unit === '' || number === 'never' ? '' : ` ${unit}`}${goal}`;
}

/** Of several times the same figures, the worst of each. */
export function worstOf(rounds: readonly (readonly Figure[])[]): readonly Figure[] {
  const [first = [], ...others] = rounds;
  return first.map((figure, index) => others.reduce((worst, round) => worseOf(worst, round[index] as Figure), figure));
}

// Below a lower limit is worse than above an upper one; otherwise more is worse.
function worseOf(a: Figure, b: Figure): Figure {
  const least = a.atLeast;
  if (least !== undefined && Math.min(a.value, b.value) < least) return a.value < b.value ? a : b;
  return Number.isNaN(b.value) || b.value > a.value ? b : a;
}
