import { describe, expect, it } from 'vitest';
import { AmqpFailure } from './failure.js';
import { bodiesOf, consumerUnderTest, messageOf, queueUnderTest } from './queue-fixtures.js';

describe('consumers of a queue', () => {
  it('take turns', () => {
    const { queue } = queueUnderTest();
    const [one, two, three] = [consumerUnderTest('1'), consumerUnderTest('2'), consumerUnderTest('3')];
    for (const consumer of [one, two, three]) {
      queue.addConsumer(consumer);
    }
    for (const body of ['a', 'b', 'c', 'd', 'e']) {
      queue.publish(messageOf(body));
    }
    expect([one.bodies, two.bodies, three.bodies]).toEqual([['a', 'd'], ['b', 'e'], ['c']]);
    expect(queue.unacknowledgedCount).toBe(5);
  });

  it('are passed over while they are not ready, and served when they are again', () => {
    const { queue } = queueUnderTest();
    const [one, two] = [consumerUnderTest('1', { room: 1 }), consumerUnderTest('2', { room: 2 })];
    queue.addConsumer(one);
    queue.addConsumer(two);
    for (const body of ['a', 'b', 'c', 'd', 'e']) {
      queue.publish(messageOf(body));
    }
    expect([one.bodies, two.bodies]).toEqual([['a'], ['b', 'c']]);
    one.room = 1;
    queue.serve();
    expect(one.bodies).toEqual(['a', 'd']);
    expect(bodiesOf(queue.ready())).toEqual(['e']);
  });

  it('of a higher priority come first as long as they are ready', () => {
    const { queue } = queueUnderTest();
    const low = consumerUnderTest('low');
    const high = consumerUnderTest('high', { priority: 10, room: 2 });
    queue.addConsumer(low);
    queue.addConsumer(high);
    for (const body of ['a', 'b', 'c']) {
      queue.publish(messageOf(body));
    }
    expect([high.bodies, low.bodies]).toEqual([['a', 'b'], ['c']]);
    expect(queue.consumers()).toEqual([high, low]);
  });

  it('get what waits when they come', () => {
    const { queue } = queueUnderTest();
    queue.publish(messageOf('a'));
    queue.publish(messageOf('b'));
    const consumer = consumerUnderTest('1');
    queue.addConsumer(consumer);
    expect(consumer.bodies).toEqual(['a', 'b']);
  });

  it('without acknowledgement leave nothing behind', () => {
    const { queue, memory } = queueUnderTest();
    const consumer = consumerUnderTest('1', { noAck: true });
    queue.addConsumer(consumer);
    queue.publish(messageOf('a'));
    expect(consumer.bodies).toEqual(['a']);
    expect(queue.unacknowledgedCount).toBe(0);
    expect(memory.bytes).toBe(0);
  });

  it('are refused beside an exclusive one, in the words of RabbitMQ', () => {
    const { queue } = queueUnderTest();
    queue.addConsumer(consumerUnderTest('1', { exclusive: true }));
    const text = "ACCESS_REFUSED - queue 'q' in vhost '/' in exclusive use";
    expect(() => queue.addConsumer(consumerUnderTest('2'))).toThrow(new AmqpFailure('channel', 403, text.slice(17)));
  });

  it('cannot be exclusive beside another, nor in a queue with a single active consumer', () => {
    const { queue } = queueUnderTest();
    queue.addConsumer(consumerUnderTest('1'));
    expect(() => queue.addConsumer(consumerUnderTest('2', { exclusive: true }))).toThrow(AmqpFailure);
    const single = queueUnderTest({ singleActiveConsumer: true }).queue;
    expect(() => single.addConsumer(consumerUnderTest('1', { exclusive: true }))).toThrow(AmqpFailure);
  });

  it('hand over to the highest priority, then to the next in order, where one is active at a time', () => {
    const { queue } = queueUnderTest({ singleActiveConsumer: true });
    const [one, two] = [consumerUnderTest('1'), consumerUnderTest('2')];
    const high = consumerUnderTest('3', { priority: 5 });
    for (const consumer of [one, two, high]) {
      queue.addConsumer(consumer);
    }
    queue.publish(messageOf('a'));
    queue.publish(messageOf('b'));
    queue.removeConsumer(one);
    expect(queue.activeConsumer).toBe(high);
    queue.publish(messageOf('c'));
    queue.removeConsumer(high);
    queue.publish(messageOf('d'));
    expect([one.bodies, high.bodies, two.bodies]).toEqual([['a', 'b'], ['c'], ['d']]);
  });

  it('that are not active get nothing when the active one is busy', () => {
    const { queue } = queueUnderTest({ singleActiveConsumer: true });
    const [one, two] = [consumerUnderTest('1', { room: 1 }), consumerUnderTest('2')];
    queue.addConsumer(one);
    queue.addConsumer(two);
    queue.publish(messageOf('a'));
    queue.publish(messageOf('b'));
    expect([one.bodies, two.bodies]).toEqual([['a'], []]);
    queue.removeConsumer(one);
    expect(two.bodies).toEqual(['b']);
  });

  it('keep their turns when one of them goes', () => {
    const { queue } = queueUnderTest();
    const [one, two, three] = [consumerUnderTest('1'), consumerUnderTest('2'), consumerUnderTest('3')];
    for (const consumer of [one, two, three]) {
      queue.addConsumer(consumer);
    }
    queue.publish(messageOf('a'));
    queue.removeConsumer(one);
    queue.publish(messageOf('b'));
    queue.publish(messageOf('c'));
    expect([two.bodies, three.bodies]).toEqual([['b'], ['c']]);
  });

  it('are announced as gone when the last one goes', () => {
    const { queue, events } = queueUnderTest();
    const [one, two] = [consumerUnderTest('1'), consumerUnderTest('2')];
    queue.addConsumer(one);
    queue.addConsumer(two);
    queue.removeConsumer(one);
    queue.removeConsumer(one);
    expect(events).toEqual([]);
    queue.removeConsumer(two);
    expect(events).toEqual(['last consumer gone']);
  });
});

describe('delivery', () => {
  it('does not enter itself: what is published meanwhile comes after', () => {
    const { queue } = queueUnderTest();
    const order: string[] = [];
    const consumer = consumerUnderTest('1');
    const publisher = {
      ...consumer,
      deliver(entry: Parameters<typeof consumer.deliver>[0]) {
        const body = entry.message.body.toString();
        order.push(`begin ${body}`);
        if (body === 'a') {
          queue.publish(messageOf('b'));
        }
        queue.ack(entry);
        order.push(`end ${body}`);
      },
    };
    queue.addConsumer(publisher);
    queue.publish(messageOf('a'));
    expect(order).toEqual(['begin a', 'end a', 'begin b', 'end b']);
    expect(queue.unacknowledgedCount).toBe(0);
  });

  it('goes on when the queue is deleted or the consumer leaves in the middle of it', () => {
    const { queue } = queueUnderTest();
    queue.publish(messageOf('a'));
    queue.publish(messageOf('b'));
    const leaving = consumerUnderTest('1');
    const { deliver } = leaving;
    leaving.deliver = (entry) => {
      deliver.call(leaving, entry);
      queue.removeConsumer(leaving);
      queue.requeue([entry]);
    };
    queue.addConsumer(leaving);
    expect(leaving.bodies).toEqual(['a']);
    expect(bodiesOf(queue.ready())).toEqual(['a', 'b']);
    const deleting = consumerUnderTest('2');
    deleting.deliver = () => void queue.delete();
    queue.addConsumer(deleting);
    expect([queue.readyCount, queue.unacknowledgedCount]).toEqual([0, 0]);
  });

  it('gives a returned message to whoever is next, marked as redelivered', () => {
    const { queue } = queueUnderTest();
    const [one, two] = [consumerUnderTest('1'), consumerUnderTest('2')];
    queue.addConsumer(one);
    queue.addConsumer(two);
    queue.publish(messageOf('a'));
    queue.requeue(one.entries);
    expect(two.bodies).toEqual(['a']);
    expect(two.entries[0]?.redelivered).toBe(true);
    expect(one.entries[0]?.redelivered).toBe(false);
  });
});
