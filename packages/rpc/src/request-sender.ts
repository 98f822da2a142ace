import type { Destination, MessageUndeliverableError, Transport } from '@leveret/transport';
import { checkRecord } from './checks.js';
import { contextToSend, type ResolvedSettings } from './client-options.js';
import type { BodyText } from './envelope.js';
import { ClientSendError, InvalidTargetError, RequestUndeliverableError, RpcVersionCapError } from './errors.js';
import { type CallEnds, OutgoingCall } from './outgoing-call.js';
import { errorCode, messageOptions, type PublishOptionsDraft } from './publish-options.js';
import { isUnsent, publishOutcome } from './publish-outcome.js';
import type { ReplyQueue } from './reply-queue.js';
import type { ReplyWaiter } from './reply-waiters.js';
import { encodeRequest, type OutgoingRequest } from './request.js';
import type { Sending } from './sending.js';
import { type Serializer, serializeArgs } from './serializer.js';
import { describeTarget, type ResolvedTarget } from './target.js';
import { destinationOf, type Topology } from './topology.js';
import { isVersionCompatible } from './version.js';
import { toWireValue } from './wire-value.js';
import { WorkPlace } from './work-place.js';

/** What a sender is made of. */
export interface SenderParts extends CallEnds {
  readonly transport: Transport;
  readonly topology: Topology;
  readonly serializer: Serializer | undefined;
  readonly replies: ReplyQueue;
}

/** From a call or cast to its message, and from that to its reply or its confirm. */
export class RequestSender {
  readonly #parts: SenderParts;
  // A caller sends to the same target again and again.
  #last: { readonly target: ResolvedTarget; readonly destination: Destination } | undefined;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  send(sending: Sending): Promise<unknown> {
    const { messageId } = sending;
    return messageId === null ? this.#cast(sending) : this.#call(sending, messageId);
  }

  #call(sending: Sending, messageId: string): Promise<unknown> {
    const { settings, headers } = sending;
    const { serializer, replies } = this.#parts;
    const target = checkedTarget(settings);
    if (target.fanout)
      throw new InvalidTargetError('A call cannot be used with fanout: only a cast can reach every server.', target);
    const call = new OutgoingCall(sending, messageId, this.#destination(target), this.#parts);
    const { over } = call;
    if (over !== undefined) throw over;
    const { callMonitorTimeoutMs } = settings;
    const monitorSeconds = callMonitorTimeoutMs === null ? null : Math.floor(callMonitorTimeoutMs / 1000);
    const body = this.#encode(sending, { messageId, queue: replies.name, monitorSeconds });
    const waiter = replies.waiters.open(call);
    const setUp = replies.ready();
    if (setUp === undefined) this.#publish(call, waiter, Math.ceil(settings.timeoutMs), settings, body, headers);
    else this.#publishAfter(setUp, call, waiter, settings, body, headers);
    const { promise } = waiter;
    return serializer === undefined
      ? promise
      : promise.then((result) => serializer.deserializeValue(settings.context, result));
  }

  // Apart, so that no closure of a call that waits keeps its body.
  #publishAfter(
    setUp: Promise<void>,
    call: OutgoingCall,
    waiter: ReplyWaiter,
    settings: ResolvedSettings,
    body: BodyText,
    headers: Sending['headers'],
  ): void {
    const what = 'The reply queue of the call could not be set up';
    void setUp.then(
      () => this.#publish(call, waiter, waiter.remainingMs, settings, body, headers),
      (error: unknown) => waiter.reject(sendError('reply-queue', what, call, error)),
    );
  }

  #publish(
    call: OutgoingCall,
    waiter: ReplyWaiter,
    timeoutMs: number,
    settings: ResolvedSettings,
    body: BodyText,
    headers: Sending['headers'],
  ): void {
    if (waiter.ended) return;
    waiter.sending();
    const options = publishOptions(settings, timeoutMs, this.#publishSignal(call), headers);
    // As oslo, the whole timeout; what the set-up took of it is gone though.
    options.expirationMs = Math.trunc(Math.min(settings.timeoutMs, timeoutMs));
    // Not awaited: the reply may come before the confirm, and then says more.
    this.#parts.transport.publish(call.destination, body, options).then(
      () => waiter.sent(),
      (error: unknown) => {
        if (isUnsent(error)) this.#parts.replies.waiters.unsent(call.messageId);
        waiter.failed(sendError('publish', 'The call could not be sent', call, error));
      },
    );
    call.goOn = WorkPlace.current?.call();
  }

  async #cast(sending: Sending): Promise<void> {
    const { method, settings, signal, headers } = sending;
    const target = checkedTarget(settings);
    const body = this.#encode(sending);
    const publishing = publishOptions(settings, settings.timeoutMs, signal, headers);
    // A fanout with nobody to hear it is no error. spec 6.
    if (target.fanout) publishing.mandatory = false;
    try {
      await this.#parts.transport.publish(this.#destination(target), body, publishing);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw sendError('publish', 'The cast could not be sent', { method, target }, error);
    }
  }

  // A request that waits for a connection must not go out after its client was closed, or its own request was given up.
  #publishSignal({ signal, outer }: OutgoingCall): AbortSignal | undefined {
    const { transport, replies } = this.#parts;
    if (transport.state.publish.status === 'open') return signal;
    if (signal === undefined && outer === undefined) return replies.closing;
    return AbortSignal.any([replies.closing, signal, outer?.signal].filter((each) => each !== undefined));
  }

  #destination(target: ResolvedTarget & { readonly topic: string }): Destination {
    if (this.#last?.target !== target)
      this.#last = { target, destination: destinationOf(target, this.#parts.topology) };
    return this.#last.destination;
  }

  #encode({ method, args, settings, uniqueId }: Sending, reply?: OutgoingRequest['reply']): BodyText {
    const { serializer, bigints } = this.#parts;
    checkRecord('args', args);
    const plainArgs = toWireValue(serializeArgs(serializer, settings.context, args, 'serializeValue'), 'args', bigints);
    checkRecord('args', plainArgs);
    const { namespace, version } = settings.target;
    const context = contextToSend(settings.context, serializer, bigints);
    return encodeRequest({ method, args: plainArgs, namespace, version, context, uniqueId, reply });
  }
}

/** @throws InvalidTargetError, RpcVersionCapError, InvalidVersionError */
export function checkedTarget({ target, versionCap }: ResolvedSettings): ResolvedTarget & { readonly topic: string } {
  const { topic, version } = target;
  if (topic === null) throw new InvalidTargetError('A topic is required to send.', target);
  // A version that nobody could compare is better refused here than by the server.
  if (version !== null) isVersionCompatible(version, version);
  if (versionCap !== null && !isVersionCompatible(versionCap, version))
    throw new RpcVersionCapError(version, versionCap);
  return target as ResolvedTarget & { readonly topic: string };
}

function publishOptions(
  { mandatory, retry }: ResolvedSettings,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  headers: Sending['headers'],
): PublishOptionsDraft {
  const options = messageOptions(mandatory, timeoutMs);
  options.retry = retry;
  if (signal !== undefined) options.signal = signal;
  if (headers !== undefined) options.headers = headers;
  return options;
}

function sendError(
  stage: ClientSendError['stage'],
  what: string,
  { method, target }: { readonly method: string; readonly target: ResolvedTarget },
  cause: unknown,
): Error {
  // As oslo: that nobody is there is said by its own error, whatever was sent.
  if (errorCode(cause) === 'ERR_LEVERET_UNDELIVERABLE') {
    return new RequestUndeliverableError({ method, target }, cause as MessageUndeliverableError);
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ClientSendError(
    `${what}: '${method}' to ${describeTarget(target)}. ${reason}`,
    { method, target, outcome: publishOutcome(cause), stage },
    cause,
  );
}
