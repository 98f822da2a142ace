import type { ConsumeOptions, Source, Transport } from '@leveret/transport';
import { checkAcknowledgedMethods } from './acknowledgement.js';
import { isCancel } from './cancel-message.js';
import { DeadLetters } from './dead-letters.js';
import { Duplicates } from './duplicates.js';
import type { Endpoint } from './endpoint.js';
import { ServerStoppedError } from './errors.js';
import { Intake, type IntakeParts } from './intake.js';
import { Lifecycle, type LifeStatus } from './lifecycle.js';
import { ReplySender } from './reply-sender.js';
import { RequestHandler } from './request-handler.js';
import {
  type ResolvedServerOptions,
  resolveEndpoints,
  resolveServerOptions,
  resolveServerTarget,
  type ServerOptions,
} from './server-options.js';
import { StoredReplies } from './stored-replies.js';
import { StreamPosition } from './stream-position.js';
import type { Target } from './target.js';
import { cancelBindings, consumerArguments, leavesQueue, QUEUE_DELETION_MS, serverSources } from './topology.js';
import { transientId } from './transient-id.js';

/** Where a server's life stands. */
export type RpcServerStatus = LifeStatus;

/** Listens to a topic, to its own name and to everyone's, and runs what is asked for. */
export interface RpcServer extends AsyncDisposable {
  readonly status: RpcServerStatus;

  /**
   * Declares and consumes the three queues; resolves when requests can arrive. Called again it is the same start; after
   * `stop` it starts anew; one that has `failed` consumes at once what it lacks. While the broker is away it waits.
   * @throws the transport's errors, ServerStoppedError when stopped meanwhile, `signal.reason`.
   */
  start(options?: { readonly signal?: AbortSignal }): Promise<void>;

  /**
   * Stops consuming, gives back what has not begun, lets what runs end and be answered for up to `drainMs` (default
   * 30 000), fires the signals of what then still runs, and deletes the fanout queue. Never rejects; can be called twice.
   */
  stop(options?: { readonly drainMs?: number }): Promise<void>;
}

/**
 * A server that is not started yet.
 * @throws InvalidTargetError unless the target has topic and server, InvalidArgumentError, InvalidVersionError.
 */
export function createRpcServer(
  transport: Transport,
  target: Target,
  endpoints: readonly Endpoint[],
  options: ServerOptions = {},
): RpcServer {
  return new Server(transport, target, endpoints, options);
}

/** One life of a server, from start to stop. */
interface Run {
  readonly handler: RequestHandler;
  readonly sender: ReplySender;
  readonly intakes: readonly [Intake, Intake, Intake];
  readonly fanoutQueue: string;
}

class Server implements RpcServer {
  readonly #transport: Transport;
  readonly #target: ReturnType<typeof resolveServerTarget>;
  readonly #endpoints: ReturnType<typeof resolveEndpoints>;
  readonly #options: ResolvedServerOptions;
  // Beyond a stop and a start: a request may be delivered again after them.
  readonly #duplicates: Duplicates;
  readonly #life: Lifecycle<Run>;

  constructor(transport: Transport, target: Target, endpoints: readonly Endpoint[], options: ServerOptions) {
    this.#transport = transport;
    this.#target = resolveServerTarget(target);
    this.#options = resolveServerOptions(options, transport);
    this.#endpoints = resolveEndpoints(endpoints, options.ping ?? false);
    checkAcknowledgedMethods(this.#options.acknowledge, this.#endpoints);
    this.#duplicates = new Duplicates(this.#options.duplicateWindow, this.#options.duplicateWindowMs);
    this.#life = new Lifecycle<Run>({
      create: () => this.#newRun(),
      end: (run, drainMs) => this.#end(run, drainMs),
      overtaken: () => new ServerStoppedError('The server was stopped before it had started.'),
    });
  }

  get status(): RpcServerStatus {
    return this.#life.status;
  }

  start({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    return this.#life.start(signal);
  }

  stop({ drainMs }: { readonly drainMs?: number } = {}): Promise<void> {
    return this.#life.stop(drainMs);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  // A fanout stream is not ours alone: Python servers would read the message too.
  get #heedsCancels(): boolean {
    return this.#options.cancelRemote && !this.#options.topology.streamFanout;
  }

  #newIntake(handler: RequestHandler, source: Source): Intake {
    const { prefetch, topology, emit } = this.#options;
    const { name, arguments: args = {} } = source.queue;
    const parts = { transport: this.#transport, source, emit };
    if (args['x-queue-type'] !== 'stream') {
      const consume = { prefetch, arguments: consumerArguments(topology) };
      const receive: IntakeParts['receive'] = (delivery, onWaiting) =>
        isCancel(delivery) ? handler.receiveCancel(delivery, name) : handler.receive(delivery, name, onWaiting);
      return new Intake({ ...parts, consume, receive });
    }
    const position = new StreamPosition();
    const consume: ConsumeOptions = { prefetch, arguments: (interruption) => position.arguments(interruption) };
    return new Intake({ ...parts, consume, receive: (delivery) => handler.receive(position.watch(delivery), name) });
  }

  #sources(): readonly [Source, Source, Source] {
    const { topology, fanoutQueueExpiresMs } = this.#options;
    const fanoutId = topology.streamFanout ? '' : transientId(topology);
    const [ofTopic, ofServer, ofAll] = serverSources(this.#target, fanoutId, fanoutQueueExpiresMs, topology);
    const bindings = [...(ofAll.bindings ?? []), ...(this.#heedsCancels ? cancelBindings(this.#target, topology) : [])];
    return [ofTopic, ofServer, { ...ofAll, bindings }];
  }

  #newRun(): Run {
    const { emit, idempotency, deadLetter, replyTimeoutMs, missingReplyQueueTimeoutMs, ...options } = this.#options;
    const sender = new ReplySender(
      this.#transport,
      { missingTimeoutMs: missingReplyQueueTimeoutMs, publishTimeoutMs: replyTimeoutMs },
      emit,
    );
    const handler = new RequestHandler({
      ...options,
      target: this.#target,
      endpoints: this.#endpoints,
      duplicates: this.#duplicates,
      storedReplies: new StoredReplies(idempotency, emit),
      deadLetters:
        deadLetter === undefined
          ? undefined
          : new DeadLetters({
              transport: this.#transport,
              destination: deadLetter,
              publishTimeoutMs: replyTimeoutMs,
              emit,
            }),
      sender,
      emit,
    });
    const intake = (source: Source): Intake => this.#newIntake(handler, source);
    const [ofTopic, ofServer, ofAll] = this.#sources();
    return {
      handler,
      sender,
      intakes: [intake(ofTopic), intake(ofServer), intake(ofAll)],
      fanoutQueue: ofAll.queue.name,
    };
  }

  async #end(run: Run, drainMs: number): Promise<void> {
    run.handler.pause();
    await Promise.all(run.intakes.map((intake) => intake.stop()));
    await run.handler.drain(drainMs);
    run.sender.stop();
    if (!run.intakes[2].declared || leavesQueue(this.#options.topology, 'fanout')) return;
    try {
      await this.#transport.deleteQueue(run.fanoutQueue, { signal: AbortSignal.timeout(QUEUE_DELETION_MS) });
    } catch (error) {
      this.#options.emit({ type: 'queue-left-behind', queue: run.fanoutQueue, error });
    }
  }
}
