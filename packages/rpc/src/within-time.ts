/** The promise's outcome, or the error of `onLate` when it takes longer than that; what the promise brings then is dropped. */
export async function withinTime<T>(promise: Promise<T>, timeoutMs: number, onLate: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(onLate()), timeoutMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
