// Node 20 has no Map.groupBy, which vitest's reporter calls when a test has failed. For vitest only: the tests run in
// other processes, which do not load this.
Map.groupBy ??= (items, keyOf) => {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
};
