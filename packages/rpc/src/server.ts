import type { ConsumeOptions, Source, Transport } from '@leveret/transport';
import { checkAcknowledgedMethods } from './acknowledgement.js';
import { isCancel } from './cancel-message.js';
import { DeadLetters } from './dead-letters.js';
import { Duplicates } from './duplicates.js';
import type { Endpoint } from './endpoint.js';
import { ServerStoppedError } from './errors.js';
import { Intake, type IntakeParts } from './intake.js';
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

/**
 * Where a server's life stands. `failed`: it has started, and not all of its queues are consumed any more; the event
 * `consumer-ended` says which, why, and whether it is tried again. It is `running` when all are consumed again.
 */
export type RpcServerStatus = 'stopped' | 'starting' | 'running' | 'failed' | 'stopping';

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

type State =
  | { readonly status: 'stopped' }
  | { readonly status: 'starting'; readonly done: Promise<void>; readonly end: AbortController }
  | { readonly status: 'running'; readonly run: Run }
  | { readonly status: 'stopping'; readonly done: Promise<void> };

/** One life of a server, from start to stop. */
interface Run {
  readonly handler: RequestHandler;
  readonly sender: ReplySender;
  readonly intakes: readonly [Intake, Intake, Intake];
  readonly fanoutQueue: string;
}

const DRAIN_MS = 30_000;

class Server implements RpcServer {
  readonly #transport: Transport;
  readonly #target: ReturnType<typeof resolveServerTarget>;
  readonly #endpoints: ReturnType<typeof resolveEndpoints>;
  readonly #options: ResolvedServerOptions;
  // Beyond a stop and a start: a request may be delivered again after them.
  readonly #duplicates: Duplicates;
  #state: State = { status: 'stopped' };

  constructor(transport: Transport, target: Target, endpoints: readonly Endpoint[], options: ServerOptions) {
    this.#transport = transport;
    this.#target = resolveServerTarget(target);
    this.#options = resolveServerOptions(options, transport);
    this.#endpoints = resolveEndpoints(endpoints, options.ping ?? false);
    checkAcknowledgedMethods(this.#options.acknowledge, this.#endpoints);
    this.#duplicates = new Duplicates(this.#options.duplicateWindow, this.#options.duplicateWindowMs);
  }

  get status(): RpcServerStatus {
    const { status } = this.#state;
    return status === 'running' && !this.#state.run.intakes.every(({ working }) => working) ? 'failed' : status;
  }

  start(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const state = this.#state;
    switch (state.status) {
      case 'running':
        return Promise.all(state.run.intakes.map((intake) => intake.start(options.signal))).then(() => {});
      case 'starting':
        return state.done;
      case 'stopping':
        return state.done.then(() => this.start(options));
      case 'stopped': {
        const end = new AbortController();
        const signal = options.signal === undefined ? end.signal : AbortSignal.any([options.signal, end.signal]);
        const done = this.#start(signal);
        this.#state = { status: 'starting', done, end };
        return done;
      }
    }
  }

  async stop(options: { readonly drainMs?: number } = {}): Promise<void> {
    const { drainMs = DRAIN_MS } = options;
    const state = this.#state;
    switch (state.status) {
      case 'stopped':
        return;
      case 'stopping':
        return state.done;
      case 'starting':
        state.end.abort(new ServerStoppedError('The server was stopped before it had started.'));
        // Its own caller hears of the error.
        await state.done.catch(() => {});
        return this.stop(options);
      case 'running': {
        const done = this.#end(state.run, drainMs).then(() => {
          this.#state = { status: 'stopped' };
        });
        this.#state = { status: 'stopping', done };
        return done;
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #start(signal: AbortSignal): Promise<void> {
    // Not before the caller has entered the state: a transport that fails at once must find it.
    await Promise.resolve();
    let run: Run | undefined;
    try {
      const { topology, fanoutQueueExpiresMs } = this.#options;
      const fanoutId = topology.streamFanout ? '' : transientId(topology);
      const [ofTopic, ofServer, ofAll] = serverSources(this.#target, fanoutId, fanoutQueueExpiresMs, topology);
      const bindings = [
        ...(ofAll.bindings ?? []),
        ...(this.#heedsCancels ? cancelBindings(this.#target, topology) : []),
      ];
      run = this.#newRun([ofTopic, ofServer, { ...ofAll, bindings }]);
      for (const intake of run.intakes) {
        signal.throwIfAborted();
        await intake.start(signal);
      }
      signal.throwIfAborted();
    } catch (error) {
      if (run !== undefined) await this.#end(run, 0);
      this.#state = { status: 'stopped' };
      throw error;
    }
    this.#state = { status: 'running', run };
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

  #newRun(sources: readonly [Source, Source, Source]): Run {
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
    const [ofTopic, ofServer, ofAll] = sources;
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
