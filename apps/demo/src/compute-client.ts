import { createRpcClient, type RpcClient } from '@leveret/rpc';
import type { Transport } from '@leveret/transport';
import type { ServiceTarget } from './compute-host.ts';
import { type ComputeApi, computeVersion } from './compute-server.ts';
import { type ConnectionWatch, watchedEvent } from './connection-watch.ts';
import { type Address, openTransport } from './open-transport.ts';

/** What a client is started with. */
export interface ComputeClientOptions {
  readonly address: Address;
  readonly target: ServiceTarget;
  readonly watch: ConnectionWatch;
  /** Hears when the connection that brings the answers is gone, or open. */
  readonly onAnswersChange: (open: boolean) => void;
  /** Hears of replies that came again, or to a call that had ended. */
  readonly onReplyIgnored: () => void;
}

/** A client of the compute service, and its transport. @throws the transport's errors. */
export async function startComputeClient(
  options: ComputeClientOptions,
): Promise<{ readonly client: RpcClient<ComputeApi>; readonly transport: Transport }> {
  const { address, target, watch, onAnswersChange, onReplyIgnored } = options;
  const transport = await openTransport(address, 'client', (event) => {
    const watched = watchedEvent(event);
    if (watched === undefined) return;
    watch.tell('client', watched);
    if (watched.type !== 'publish-repeated' && watched.purpose === 'consume') {
      onAnswersChange(watched.type === 'connection-opened');
    }
  });
  const client = createRpcClient<ComputeApi>(
    transport,
    { ...target, version: computeVersion },
    {
      context: { project_id: 'demo' },
      onEvent: ({ type }) => {
        if (type === 'reply-ignored') onReplyIgnored();
      },
    },
  );
  return { client, transport };
}
