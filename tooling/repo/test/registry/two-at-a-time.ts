/** Does this with each of these, two at a time, and resolves when all are done. Rejects with the first that fails. */
export async function twoAtATime<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  const queue = [...items].values();
  const takeTurns = async (): Promise<void> => {
    for (const item of queue) await work(item);
  };
  await Promise.all([takeTurns(), takeTurns()]);
}
