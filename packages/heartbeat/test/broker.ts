import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** A peer in a thread of its own that writes a heartbeat frame to every connection once per period. */
export interface Broker {
  readonly port: number;
  /** Stops writing, without closing anything. */
  freeze(): void;
  stop(): Promise<void>;
}

const thread = `
const { createServer } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
const frame = Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0xce);
const frozen = new Int32Array(workerData.frozen);
const server = createServer((peer) => {
  peer.resume();
  const timer = setInterval(() => {
    if (Atomics.load(frozen, 0) === 0) peer.write(frame);
  }, workerData.everyMs);
  peer.on('close', () => clearInterval(timer));
  peer.on('error', () => {});
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

export async function startBroker(everyMs: number): Promise<Broker> {
  const frozen = new SharedArrayBuffer(4);
  const worker = new Worker(thread, { eval: true, workerData: { everyMs, frozen } });
  const [port] = (await once(worker, 'message')) as [number];
  return {
    port,
    freeze: () => Atomics.store(new Int32Array(frozen), 0, 1),
    stop: async () => {
      await worker.terminate();
    },
  };
}
