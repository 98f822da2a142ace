import type { MessageUndeliverableError, Transport } from '@leveret/transport';
import type { StageFacts } from './call-stage.js';
import type { CancelSender } from './cancel-sender.js';
import { checkRecord } from './checks.js';
import { contextToSend, type ResolvedSettings } from './client-options.js';
import {
  ClientSendError,
  DeadlineExceededError,
  InvalidTargetError,
  MessagingTimeoutError,
  RequestUndeliverableError,
  RpcVersionCapError,
} from './errors.js';
import { decodeFailure } from './failure.js';
import { errorCode, messageOptions, type PublishOptionsDraft } from './publish-options.js';
import { isUnsent, publishOutcome } from './publish-outcome.js';
import type { RemoteErrorClasses } from './remote-error-classes.js';
import type { ReplyQueue } from './reply-queue.js';
import { encodeRequest, type OutgoingRequest } from './request.js';
import type { RequestScope } from './request-scope.js';
import type { Sending } from './sending.js';
import { type Serializer, serializeArgs } from './serializer.js';
import { describeTarget, type ResolvedTarget } from './target.js';
import { destinationOf, type Topology } from './topology.js';
import { isVersionCompatible } from './version.js';
import { toWireValue } from './wire-value.js';
import { WorkPlace } from './work-place.js';

/** What a sender is made of. */
export interface SenderParts {
  readonly transport: Transport;
  readonly topology: Topology;
  readonly serializer: Serializer | undefined;
  readonly bigints: boolean;
  readonly remoteErrors: RemoteErrorClasses;
  readonly replies: ReplyQueue;
  readonly cancels: CancelSender;
}

/** From a call or cast to its message, and from that to its reply or its confirm. */
export class RequestSender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  send(sending: Sending): Promise<unknown> {
    const { messageId } = sending;
    return messageId === null ? this.#cast(sending) : this.#call(sending, messageId);
  }

  async #call(sending: Sending, messageId: string): Promise<unknown> {
    const { method, settings, signal, outer, headers } = sending;
    const { transport, serializer, replies, cancels } = this.#parts;
    const { timeoutMs, callMonitorTimeoutMs } = settings;
    const target = checkedTarget(settings);
    if (target.fanout)
      throw new InvalidTargetError('A call cannot be used with fanout: only a cast can reach every server.', target);
    const timedOut = (facts: StageFacts, cause?: unknown): Error =>
      new MessagingTimeoutError(
        { ...facts, inherited: sending.inherits, method, target, describedTarget: describeTarget(target) },
        cause === undefined ? undefined : { cause },
      );
    const over = outer?.over;
    if (over instanceof DeadlineExceededError) {
      throw timedOut({ stage: 'not-begun', timeoutMs, lastHeartbeatAgoMs: null }, over);
    }
    if (over !== undefined) throw over;
    const monitorSeconds = callMonitorTimeoutMs === null ? null : Math.floor(callMonitorTimeoutMs / 1000);
    let body = this.#encode(sending, { messageId, queue: replies.name, monitorSeconds });
    const destination = destinationOf(target, this.#parts.topology);
    const waiter = replies.waiters.open(messageId, {
      method,
      timeoutMs,
      monitorTimeoutMs: callMonitorTimeoutMs,
      signal,
      failed: (failure) => decodeFailure(failure, this.#parts.remoteErrors, this.#parts.bigints),
      timedOut,
      outer,
    });
    try {
      const setUp = replies.ready();
      if (setUp !== undefined) {
        const failure = setUp.catch((error: unknown) => {
          throw sendError('reply-queue', 'The reply queue of the call could not be set up', method, target, error);
        });
        await Promise.race([failure, waiter.promise]);
      }
      waiter.sending();
      const publishing = publishOptions(settings, waiter.remainingMs, this.#publishSignal(signal, outer), headers);
      // As oslo, the whole timeout; what the set-up took of it is gone though.
      publishing.expirationMs = Math.trunc(setUp === undefined ? timeoutMs : Math.min(timeoutMs, waiter.remainingMs));
      const outcome = transport.publish(destination, body, publishing);
      // While the call waits, everything here is kept, and this may be large.
      body = '';
      // Not awaited: the reply may come before the confirm, and then says more.
      outcome.then(
        () => waiter.sent(),
        (error: unknown) => {
          if (isUnsent(error)) replies.waiters.unsent(messageId);
          waiter.failed(sendError('publish', 'The call could not be sent', method, target, error));
        },
      );
      const goOn = WorkPlace.current?.call();
      const result = await (goOn === undefined ? waiter.promise : waiter.promise.finally(goOn));
      return serializer === undefined ? result : serializer.deserializeValue(settings.context, result);
    } finally {
      waiter.close();
      const { givenUpFor: cause, remainingMs } = waiter;
      if (cause !== undefined && settings.cancelRemote) cancels.send({ messageId, destination, cause, remainingMs });
    }
  }

  async #cast(sending: Sending): Promise<void> {
    const { method, settings, signal, headers } = sending;
    const target = checkedTarget(settings);
    const body = this.#encode(sending);
    const publishing = publishOptions(settings, settings.timeoutMs, signal, headers);
    // A fanout with nobody to hear it is no error. spec 6.
    if (target.fanout) publishing.mandatory = false;
    try {
      await this.#parts.transport.publish(destinationOf(target, this.#parts.topology), body, publishing);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw sendError('publish', 'The cast could not be sent', method, target, error);
    }
  }

  // A request that waits for a connection must not go out after its client was closed, or its own request was given up.
  #publishSignal(signal: AbortSignal | undefined, outer: RequestScope | undefined): AbortSignal | undefined {
    const { transport, replies } = this.#parts;
    if (transport.state.publish.status === 'open') return signal;
    if (signal === undefined && outer === undefined) return replies.closing;
    return AbortSignal.any([replies.closing, signal, outer?.signal].filter((each) => each !== undefined));
  }

  #encode({ method, args, settings, uniqueId }: Sending, reply?: OutgoingRequest['reply']): string {
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
  return { ...target, topic };
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
  method: string,
  target: ResolvedTarget,
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
