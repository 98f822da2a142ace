import { METHOD_IDS, type Method, type MethodFields, type MethodName } from './codec/methods.js';
import { fitShortString } from './codec/short-strings.js';
import { Confirms } from './confirms.js';
import { Consuming } from './consuming.js';
import { withoutLineBreaks } from './entity-checks.js';
import { handleEntityMethod } from './entity-methods.js';
import { type AmqpFailure, channelFailure, connectionFailure } from './failure.js';
import { Publishing } from './publishing.js';
import type { Session } from './session.js';
import { type Permission, permits } from './users.js';

/** One channel: takes its methods to what they are about, and answers. */
export class Channel {
  readonly session: Session;
  readonly number: number;
  /** After confirm.select. */
  confirms: Confirms | undefined;
  /** The queue declared last. */
  lastQueue = '';
  readonly consuming: Consuming;
  readonly #publishing: Publishing;
  // Closing: an error has been told, and until close-ok comes nothing else is listened to.
  #state: 'open' | 'closing' | 'closed' = 'open';

  constructor(session: Session, number: number) {
    this.session = session;
    this.number = number;
    this.consuming = new Consuming(this);
    this.#publishing = new Publishing(this);
  }

  /** The method whose content has not come completely. */
  get unfinished(): MethodName | undefined {
    return this.#publishing.unfinished ? 'basic.publish' : undefined;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  send<N extends MethodName>(name: N, fields: MethodFields<N>): void {
    this.session.sendOn(this.number, name, fields);
  }

  /** A queue's name; an empty one stands for the queue declared last. Throws the failure (404) of none. */
  queueName(givenName: string): string {
    const name = withoutLineBreaks(givenName);
    if (name !== '') return name;
    if (this.lastQueue === '') throw channelFailure(404, 'no previously declared queue');
    return this.lastQueue;
  }

  /** Throws the failure (403) of a user who may not. */
  demand(permission: Permission, kind: 'queue' | 'exchange', name: string): void {
    const shown = kind === 'exchange' && name === '' ? 'amq.default' : name;
    const { rules } = this.session;
    if (rules !== undefined && permits(rules, permission, shown)) return;
    throw channelFailure(
      403,
      `access to ${kind} '${shown}' in vhost '${this.session.virtualHost.name}' refused for user '${this.session.user}'`,
    );
  }

  handle(method: Method): void {
    if (this.#state === 'closing') {
      if (method.name === 'channel.close-ok') this.session.channelClosed(this);
      if (method.name === 'channel.close') this.send('channel.close-ok', {});
      return;
    }
    this.#publishing.expectMethod();
    switch (method.name) {
      case 'basic.publish':
        this.#publishing.begin(method.fields);
        return;
      case 'basic.ack':
        this.consuming.ack(method.fields.deliveryTag, method.fields.multiple);
        return;
      case 'basic.nack':
        this.consuming.nack(method.fields.deliveryTag, method.fields.multiple, method.fields.requeue);
        return;
      case 'basic.reject':
        this.consuming.nack(method.fields.deliveryTag, false, method.fields.requeue);
        return;
      case 'basic.get':
        this.consuming.get(method.fields);
        return;
      case 'basic.consume':
        this.consuming.consume(method.fields);
        return;
      case 'basic.cancel':
        this.consuming.cancel(method.fields);
        return;
      case 'basic.qos':
        this.consuming.qos(method.fields);
        return;
      case 'basic.recover':
        this.consuming.checkRecover(method.fields.requeue);
        this.send('basic.recover-ok', {});
        this.consuming.recover();
        return;
      case 'basic.recover-async':
        this.consuming.checkRecover(method.fields.requeue);
        this.consuming.recover();
        return;
      case 'confirm.select':
        this.confirms ??= this.#newConfirms();
        if (!method.fields.noWait) this.send('confirm.select-ok', {});
        return;
      case 'channel.flow':
        if (!method.fields.active) throw connectionFailure(540, 'active=false');
        this.send('channel.flow-ok', { active: true });
        return;
      case 'channel.open':
        throw connectionFailure(504, `second 'channel.open' seen`);
      case 'channel.close':
        this.stop();
        this.giveBack();
        this.session.channelClosed(this);
        this.send('channel.close-ok', {});
        return;
      case 'access.request':
        this.send('access.request-ok', { ticket: 1 });
        return;
      case 'tx.select':
      case 'tx.commit':
      case 'tx.rollback':
        throw connectionFailure(
          540,
          `the embedded broker has no transactions (${method.name}); use publisher confirms`,
        );
      default:
        if (!handleEntityMethod(this, method)) {
          throw connectionFailure(503, 'unimplemented method');
        }
    }
  }

  header(payload: Buffer): void {
    if (this.#state === 'open') this.#publishing.header(payload);
  }

  body(payload: Buffer): void {
    if (this.#state === 'open') this.#publishing.body(payload);
  }

  /** Deliveries may go on. */
  serve(): void {
    this.consuming.serveAll();
  }

  /** Closes the channel over a failure: the client is told, and what it held goes back. */
  fail(failure: AmqpFailure, method?: MethodName): void {
    this.close(failure.code, failure.text, method);
  }

  close(code: number, text: string, method?: MethodName): void {
    if (this.#state !== 'open') return;
    this.confirms?.flush();
    const { classId, methodId } = method === undefined ? { classId: 0, methodId: 0 } : METHOD_IDS[method];
    this.send('channel.close', { replyCode: code, replyText: fitShortString(text), classId, methodId });
    this.stop();
    this.#state = 'closing';
    this.giveBack();
    this.session.host.tell({
      type: 'channel-closed',
      connection: this.session.info(),
      channel: this.number,
      code,
      text,
    });
  }

  /** Takes part in nothing any more; {@link giveBack} has to follow. */
  stop(): void {
    this.#state = 'closed';
    this.#publishing.abandon();
    this.session.host.directReplies.forget(this);
    this.consuming.stop();
  }

  /** What was delivered and not settled goes back to its queues. */
  giveBack(): void {
    this.consuming.giveBack();
  }

  #newConfirms(): Confirms {
    return new Confirms((acknowledged, deliveryTag, multiple) => {
      if (this.#state !== 'open') return;
      if (acknowledged) this.send('basic.ack', { deliveryTag, multiple });
      else this.send('basic.nack', { deliveryTag, multiple, requeue: true });
    });
  }
}
