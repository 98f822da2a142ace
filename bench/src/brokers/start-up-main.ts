// A process that starts one broker in itself: `node start-up-main.ts`. What it took goes to its parent.
const importAt = performance.now();
const { startBroker } = await import('@leveret/broker');
const startAt = performance.now();
const broker = await startBroker();
const startedAt = performance.now();
process.send?.({ importMs: startAt - importAt, startMs: startedAt - startAt });
await broker.close();
process.disconnect();
