/**
 * The name that was probably meant: the one that differs in no more than a third of its letters, or in one, capitals and
 * separators aside. Undefined if there is none.
 */
export function nearestName(wrong: string, names: Iterable<string>): string | undefined {
  const plain = plainly(wrong);
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  // Longer than any name of an option, and the comparison costs the product of the lengths.
  if (plain.length > 100) return undefined;
  for (const name of names) {
    const differences = distance(plain, plainly(name));
    if (differences < least && differences <= Math.max(1, Math.floor(Math.max(plain.length, name.length) / 3))) {
      nearest = name;
      least = differences;
    }
  }
  return nearest;
}

/** `heartbeat_ms`, `heartbeat-ms` and `HEARTBEAT_MS` are `heartbeatMs` for a reader. */
function plainly(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** How many letters have to be put in, taken out, replaced, or swapped with their neighbour. */
function distance(from: string, to: string): number {
  let older: number[] = [];
  let old = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let least = Math.min(
        (old[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (old[column - 1] as number) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) least = Math.min(least, (older[column - 2] as number) + 1);
      current.push(least);
    }
    older = old;
    old = current;
  }
  return old[to.length] as number;
}
