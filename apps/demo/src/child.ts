import type { Order, Report } from './child-messages.ts';
import { startHost } from './compute-host.ts';
import { startEmbeddedBroker } from './embedded-broker.ts';

// A part of the demo in a process of its own: what it is, the first message says. It ends when it is told to, and when the
// process that started it is there no more, however that ended.
process.once('disconnect', () => process.exit());

let obey: (order: Order) => Promise<void> = async (order) => {
  obey = await become(order);
};

process.on('message', (order: Order) => {
  obey(order).catch((error: unknown) => {
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  });
});

async function become(order: Order): Promise<(order: Order) => Promise<void>> {
  switch (order.type) {
    case 'be-broker': {
      const broker = await startEmbeddedBroker();
      const { url, host, cutsInWords } = broker;
      tell({ type: 'broker-started', broker: { url, host, cutsInWords } });
      return async (next) => {
        if (next.type === 'cut') tell({ type: 'cut-done', ...(await broker.cut(next.number)) });
        else await end(async () => broker[Symbol.asyncDispose]());
      };
    }
    case 'be-host': {
      const host = await startHost({ ...order.options, onEvent: (event) => tell({ type: 'host-event', event }) });
      tell({ type: 'host-started' });
      return () => end(() => host.stop());
    }
    default:
      // Stopped before it was anything.
      return end(async () => {});
  }
}

async function end(close: () => Promise<void>): Promise<never> {
  await close();
  process.exit();
}

function tell(report: Report): void {
  // Nobody is there any more: this process is about to end too.
  if (process.connected) process.send?.(report);
}
