import type { ConnectionMatch } from './connection-info.js';
import { matches } from './connection-info.js';
import { BrokerError } from './errors.js';
import type { CutOptions, Fault, Faults } from './faults.js';
import { HangingQueue, type HangingQueues } from './hanging-queues.js';
import type { Memory } from './memory.js';
import {
  type ChannelTest,
  DelayConfirms,
  type HoldingFault,
  NackPublishes,
  ReorderConfirms,
  ReplyBeforeConfirm,
} from './publish-faults.js';
import type { PublishSeam } from './publish-seam.js';
import type { Queue } from './queue.js';
import type { Session } from './session.js';
import type { VirtualHost } from './virtual-host.js';

/** What faults can get at. */
export interface FaultyBroker {
  readonly memory: Memory;
  readonly publishSeam: PublishSeam;
  readonly hangingQueues: HangingQueues;
  /** Asked of each session that comes, while there are any. */
  readonly arrivals: Set<(session: Session) => void>;
  sessions(): readonly Session[];
  /** Throws a BrokerError when there is none. */
  virtualHost(name: string): VirtualHost;
  virtualHosts(): readonly VirtualHost[];
}

// RabbitMQ's reply code for what an operator does.
const CONNECTION_FORCED = 320;
const GARBAGE = Buffer.from('\xff\x00garbage that a fault of the broker wrote here\xff\xff\xff\xff', 'latin1');
// A method frame of 1 GiB on channel 0.
const OVERSIZED = Buffer.from([1, 0, 0, 0x40, 0, 0, 0, 0, 10, 0, 10]);

/** The faults of one broker. */
export class FaultBox implements Faults {
  readonly #broker: FaultyBroker;

  constructor(broker: FaultyBroker) {
    this.#broker = broker;
  }

  dropConnections(match?: ConnectionMatch): number {
    return this.#each(match, (session) => session.wire.drop('a fault dropped it'));
  }

  resetConnections(match?: ConnectionMatch): number {
    return this.#each(match, (session) => session.wire.reset('a fault reset it'));
  }

  closeConnections({
    match,
    reason = 'closed by a fault',
    code = CONNECTION_FORCED,
  }: {
    readonly match?: ConnectionMatch;
    readonly reason?: string;
    readonly code?: number;
  } = {}): number {
    const text = code === CONNECTION_FORCED ? `CONNECTION_FORCED - ${reason}` : reason;
    // Who has not opened a virtual host would not understand it.
    const open = this.#broker.sessions().filter((session) => session.hasVirtualHost && matches(session.info(), match));
    for (const session of open) session.close(code, text);
    return open.length;
  }

  cutAtFrame(frame: number, options: CutOptions = {}): Fault {
    if (!Number.isInteger(frame) || frame < 1) {
      throw new BrokerError(
        'ERR_LEVERET_BROKER_OPTION',
        `cutAtFrame takes a whole number from 1; it was given ${frame}.`,
      );
    }
    const { match, direction = 'received', how = 'reset', midFrame = false, times = 1 } = options;
    const { arrivals } = this.#broker;
    const disarms = new Set<() => void>();
    const fault = new LastingFault(() => {
      arrivals.delete(arm);
      for (const disarm of disarms) disarm();
    });
    const arm = (session: Session): void => {
      const strikes = (): boolean => matches(session.info(), match);
      const done = (): void => {
        fault.hits += 1;
        if (fault.hits >= times) fault.stop();
      };
      disarms.add(session.cutAtFrame({ frame, direction, midFrame, how, strikes, done }));
    };
    for (const session of this.#broker.sessions()) arm(session);
    arrivals.add(arm);
    return fault;
  }

  freeze(match?: ConnectionMatch): Fault {
    const frozen = this.#broker.sessions().filter((session) => matches(session.info(), match));
    for (const session of frozen) session.wire.freeze();
    const fault = new LastingFault(() => {
      for (const session of frozen) session.wire.thaw();
    });
    fault.hits = frozen.length;
    return fault;
  }

  refuseConnections(): Fault {
    return this.#onArrival((session) => session.wire.reset('a fault refuses new connections'));
  }

  ignoreHandshakes(): Fault {
    const ignored: Session[] = [];
    return this.#onArrival(
      (session) => {
        session.ignore();
        ignored.push(session);
      },
      () => {
        for (const session of ignored) session.heed();
      },
    );
  }

  delayConfirms(delay: { readonly ms: number } | 'until stopped', match?: ConnectionMatch): Fault {
    return this.#publishFault(new DelayConfirms(onChannelsOf(match), delay === 'until stopped' ? undefined : delay.ms));
  }

  nackPublishes(options: { readonly times?: number; readonly match?: ConnectionMatch } = {}): Fault {
    const { times = Number.POSITIVE_INFINITY, match } = options;
    return this.#publishFault(new NackPublishes(onChannelsOf(match), times));
  }

  reorderConfirms(match?: ConnectionMatch): Fault {
    return this.#publishFault(new ReorderConfirms(onChannelsOf(match)));
  }

  replyBeforeConfirm(options: { readonly match?: ConnectionMatch; readonly maxHoldMs?: number } = {}): Fault {
    return this.#publishFault(new ReplyBeforeConfirm(onChannelsOf(options.match), options.maxHoldMs ?? 1_000));
  }

  closeChannel({
    code,
    text = 'closed by a fault',
    match,
    channel: number,
  }: {
    readonly code: number;
    readonly text?: string;
    readonly match?: ConnectionMatch;
    readonly channel?: number;
  }): number {
    let closed = 0;
    this.#each(match, (session) => {
      for (const channel of session.channels) {
        if (!channel.isOpen || (number !== undefined && channel.number !== number)) continue;
        channel.close(code, text);
        closed += 1;
      }
    });
    return closed;
  }

  cancelConsumers(
    options: { readonly queue?: string; readonly consumerTag?: string; readonly virtualHost?: string } = {},
  ): number {
    const { queue: name, consumerTag, virtualHost } = options;
    const hosts = virtualHost === undefined ? this.#broker.virtualHosts() : [this.#broker.virtualHost(virtualHost)];
    const consumers = hosts
      .flatMap((host) => host.allQueues())
      .filter((queue) => name === undefined || queue.name === name)
      .flatMap((queue) => queue.consumers().map((consumer) => ({ queue, consumer })))
      .filter(({ consumer }) => consumerTag === undefined || consumer.tag === consumerTag);
    for (const { queue, consumer } of consumers) {
      // The client is told first: its queue may go with its last consumer.
      consumer.cancelled();
      queue.removeConsumer(consumer);
    }
    return consumers.length;
  }

  deleteQueue(name: string, virtualHost = '/'): void {
    this.#broker.virtualHost(virtualHost).removeQueue(this.#queue(name, virtualHost));
  }

  deleteExchange(name: string, virtualHost = '/'): void {
    const host = this.#broker.virtualHost(virtualHost);
    const exchange = host.findExchange(name);
    if (exchange === undefined) throw missing('exchange', name, virtualHost);
    host.removeExchange(exchange);
  }

  hangQueue(name: string, virtualHost = '/'): Fault {
    const hanging = new HangingQueue(this.#broker.virtualHost(virtualHost).name, name);
    const remove = this.#broker.hangingQueues.add(hanging);
    return new LastingFault(
      () => {
        remove();
        hanging.release();
      },
      () => hanging.hits,
    );
  }

  redeliver(queue: string, virtualHost = '/'): number {
    const found = this.#queue(queue, virtualHost);
    const entries = found.unacknowledged();
    found.requeue(entries);
    return entries.length;
  }

  block(reason = 'low on memory'): void {
    this.#broker.memory.force(reason);
  }

  unblock(): void {
    this.#broker.memory.force(undefined);
  }

  sendGarbage(match?: ConnectionMatch): number {
    return this.#each(match, (session) => session.wire.send(GARBAGE));
  }

  sendOversizedFrame(match?: ConnectionMatch): number {
    return this.#each(match, (session) => session.wire.send(OVERSIZED));
  }

  #each(match: ConnectionMatch | undefined, strike: (session: Session) => void): number {
    const sessions = this.#broker.sessions().filter((session) => matches(session.info(), match));
    for (const session of sessions) strike(session);
    return sessions.length;
  }

  #queue(name: string, virtualHost: string): Queue {
    const queue = this.#broker.virtualHost(virtualHost).findQueue(name);
    if (queue === undefined) throw missing('queue', name, virtualHost);
    return queue;
  }

  #onArrival(strike: (session: Session) => void, after?: () => void): Fault {
    const { arrivals } = this.#broker;
    const onArrival = (session: Session): void => {
      fault.hits += 1;
      strike(session);
    };
    const fault = new LastingFault(() => {
      arrivals.delete(onArrival);
      after?.();
    });
    arrivals.add(onArrival);
    return fault;
  }

  #publishFault(held: HoldingFault): Fault {
    const remove = this.#broker.publishSeam.add(held);
    return new LastingFault(
      () => {
        remove();
        held.release();
      },
      () => held.hits,
    );
  }
}

class LastingFault implements Fault {
  #hits = 0;
  #stop: (() => void) | undefined;
  readonly #count: (() => number) | undefined;

  constructor(stop: () => void, count?: () => number) {
    this.#stop = stop;
    this.#count = count;
  }

  get hits(): number {
    return this.#count?.() ?? this.#hits;
  }

  set hits(hits: number) {
    this.#hits = hits;
  }

  stop(): void {
    const stop = this.#stop;
    this.#stop = undefined;
    stop?.();
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

function onChannelsOf(match: ConnectionMatch | undefined): ChannelTest {
  return match === undefined ? () => true : ({ session }) => matches(session.info(), match);
}

function missing(kind: string, name: string, virtualHost: string): BrokerError {
  return new BrokerError(
    'ERR_LEVERET_BROKER_NOT_FOUND',
    `There is no ${kind} ${name} in the virtual host ${virtualHost}.`,
  );
}
