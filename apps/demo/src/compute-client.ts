import { randomUUID } from 'node:crypto';
import { type ClientMiddleware, createRpcClient, type RpcClient } from '@leveret/rpc';
import type { Transport } from '@leveret/transport';
import { type ComputeApi, computeContract } from './compute-contract.ts';
import { type ConnectionWatch, watchedEvent } from './connection-watch.ts';
import { type Address, openTransport, START_MS } from './open-transport.ts';
import { createResizeListener, type Heard, type ServiceTarget } from './resize-notifications.ts';

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

/** A client of the compute service, which hears of its resizes, too. */
export interface ComputeClient {
  readonly client: RpcClient<ComputeApi>;
  readonly transport: Transport;
  readonly heard: Readonly<Heard>;
  /** Ends client and listener; the transport is left open. */
  close(): Promise<void>;
}

// Longer than any call here waits. It is left behind where a reply may still come, as for a call that was given up in a cut.
const REPLY_QUEUE_MS = 15_000;

/** By its id, a request is known in whatever it brings about. */
const withRequestId: ClientMiddleware = (call, next) => {
  call.context = { ...call.context, request_id: `req-${randomUUID()}` };
  return next();
};

/** Starts a client of the compute service. @throws the transport's errors. */
export async function startComputeClient(options: ComputeClientOptions): Promise<ComputeClient> {
  const { address, target, watch, onAnswersChange, onReplyIgnored } = options;
  const transport = await openTransport(address, 'client', (event) => {
    const watched = watchedEvent(event);
    if (watched === undefined) return;
    watch.tell('client', watched);
    if (watched.type !== 'publish-repeated' && watched.purpose === 'consume') {
      onAnswersChange(watched.type === 'connection-opened');
    }
  });
  const client = createRpcClient(transport, target, {
    contract: computeContract,
    context: { project_id: 'demo' },
    middleware: [withRequestId],
    replyQueueExpiresMs: REPLY_QUEUE_MS,
    onEvent: ({ type }) => {
      if (type === 'reply-ignored') onReplyIgnored();
    },
  });
  const heard = { resizes: 0, again: 0 };
  const listener = createResizeListener(transport, target, heard);
  const close = async (): Promise<void> => {
    await Promise.all([client.close(), listener.stop()]);
  };
  try {
    await listener.start({ signal: AbortSignal.timeout(START_MS) });
    return { client, transport, heard, close };
  } catch (error) {
    await close();
    await transport.close();
    throw error;
  }
}
