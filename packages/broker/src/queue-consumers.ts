import type { QueueConsumer } from './consumer.js';

/** Consumers of one priority, who take turns. */
interface Circle {
  readonly priority: number;
  readonly consumers: QueueConsumer[];
  /** Whose turn it is. */
  turn: number;
}

/** The consumers of a queue, and whose turn it is. */
export class QueueConsumers {
  readonly #singleActive: boolean;
  /** The highest priority first. */
  readonly #circles: Circle[] = [];
  #active: QueueConsumer | undefined = undefined;
  #count = 0;

  constructor(singleActive: boolean) {
    this.#singleActive = singleActive;
  }

  get count(): number {
    return this.#count;
  }

  /** The one that gets all of a queue with x-single-active-consumer; undefined in other queues. */
  get active(): QueueConsumer | undefined {
    return this.#active;
  }

  /** The highest priority first, within one in order of their coming. */
  all(): QueueConsumer[] {
    return this.#circles.flatMap((circle) => circle.consumers);
  }

  /** The one that takes the next message; the turn passes on. Undefined when nobody is ready. */
  next(): QueueConsumer | undefined {
    if (this.#singleActive) {
      return this.#active?.ready() === true ? this.#active : undefined;
    }
    for (const circle of this.#circles) {
      const { consumers } = circle;
      for (let tried = 0; tried < consumers.length; tried += 1) {
        const consumer = consumers[circle.turn];
        circle.turn = circle.turn + 1 < consumers.length ? circle.turn + 1 : 0;
        if (consumer?.ready() === true) {
          return consumer;
        }
      }
    }
    return undefined;
  }

  /** Whether it can be added: an exclusive one is alone, and the only active one is not exclusive. */
  admits(consumer: QueueConsumer): boolean {
    const first = this.#circles[0]?.consumers[0];
    return first === undefined ? !(consumer.exclusive && this.#singleActive) : !(consumer.exclusive || first.exclusive);
  }

  add(consumer: QueueConsumer): void {
    const circle = this.#circleOf(consumer.priority);
    // Behind all who wait: before the one whose turn it is, once the turn has gone on.
    if (circle.turn === 0) {
      circle.consumers.push(consumer);
    } else {
      circle.consumers.splice(circle.turn, 0, consumer);
      circle.turn += 1;
    }
    this.#count += 1;
    if (this.#singleActive) {
      this.#active ??= consumer;
    }
  }

  /** Whether it was there. */
  remove(consumer: QueueConsumer): boolean {
    const circle = this.#circles.find(({ consumers }) => consumers.includes(consumer));
    if (circle === undefined) {
      return false;
    }
    const index = circle.consumers.indexOf(consumer);
    circle.consumers.splice(index, 1);
    if (circle.turn > index) {
      circle.turn -= 1;
    }
    if (circle.turn >= circle.consumers.length) {
      circle.turn = 0;
    }
    if (circle.consumers.length === 0) {
      this.#circles.splice(this.#circles.indexOf(circle), 1);
    }
    this.#count -= 1;
    if (this.#active === consumer) {
      this.#active = this.#circles[0]?.consumers[0];
    }
    return true;
  }

  /** Forgets them all. */
  clear(): void {
    this.#circles.length = 0;
    this.#active = undefined;
    this.#count = 0;
  }

  #circleOf(priority: number): Circle {
    const index = this.#circles.findIndex((circle) => circle.priority <= priority);
    const found = this.#circles[index];
    if (found?.priority === priority) {
      return found;
    }
    const circle = { priority, consumers: [], turn: 0 };
    this.#circles.splice(index === -1 ? this.#circles.length : index, 0, circle);
    return circle;
  }
}
