import { describe, expect, it } from 'vitest';
import { type ChannelEvent, listenToChannel } from '../../test/channel-events.js';
import { decodeEnvelope } from '../envelope.js';
import { createNotifier } from '../notify.js';
import { FakeTransport } from '../testing/fake-transport.js';
import { settle, setUpBatchListener, setUpListener } from '../testing/notify-setup.js';

const names = (heard: readonly ChannelEvent[]) => heard.map(([name]) => name);
const untroubled = ['start', 'end', 'asyncStart', 'asyncEnd'];

describe('the channel of notifiers', () => {
  it('tells of a notification from its start to its end, and holds neither payload nor context', async () => {
    const { heard } = listenToChannel('leveret.rpc.notify.send');
    const transport = new FakeTransport();
    const notifier = createNotifier(transport, { topics: ['a', 'b'], publisherId: 'p', redactContext: (all) => all });
    await notifier.info('e', { password: 's3cret' }, { context: { token: 's3cret' } });
    expect(names(heard)).toEqual(untroubled);
    expect(heard[0]?.[1]).toEqual({
      priority: 'info',
      eventType: 'e',
      publisherId: 'p',
      messageId: decodeEnvelope(transport.published[0]?.body ?? '')['message_id'],
      exchange: 'openstack',
      topics: ['a', 'b'],
    });
    expect(transport.published[0]?.body).toContain('s3cret');
    expect(JSON.stringify(heard)).not.toContain('s3cret');
  });

  it('tells what it failed with, even if nothing rejects, and of nothing that was refused before it was one', async () => {
    const { heard } = listenToChannel('leveret.rpc.notify.send');
    const transport = new FakeTransport();
    const events: { readonly error: unknown }[] = [];
    const notifier = createNotifier(transport, { onFailure: 'event', onEvent: (event) => void events.push(event) });
    transport.onPublish = () => new Error('gone');
    await notifier.info('e');
    await notifier.info('');
    expect(events).toMatchObject([
      { error: { code: 'ERR_LEVERET_NOTIFICATION_SEND' } },
      { error: { code: 'ERR_LEVERET_INVALID_ARGUMENT' } },
    ]);
    expect(names(heard)).toEqual(['start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(heard[2]?.[1]['error']).toBe(events[0]?.error);
  });
});

describe('the channel of listeners', () => {
  it('tells of each run of a handler, and what it threw', async () => {
    const { heard } = listenToChannel('leveret.rpc.notify.process');
    const error = new RangeError('no');
    const fail = () => {
      throw error;
    };
    const { transport, listener, notifier } = setUpListener([
      { methods: { info: () => 1 } },
      { methods: { info: fail } },
    ]);
    await listener.start();
    await notifier.info('e', 's3cret');
    await settle();
    const sent = decodeEnvelope(transport.published[0]?.body ?? '');
    const notification = {
      eventType: 'e',
      publisherId: 'p',
      messageId: sent['message_id'],
      uniqueId: sent['_unique_id'],
      queue: 't.info',
      redelivered: false,
    };
    expect(heard[0]).toEqual(['start', { priority: 'info', notifications: [notification] }]);
    expect(names(heard)).toEqual([...untroubled, 'start', 'end', 'error', 'asyncStart', 'asyncEnd']);
    expect(heard.find(([name]) => name === 'error')?.[1]['error']).toBe(error);
    expect(JSON.stringify(heard)).not.toContain('s3cret');
    await listener.stop();
  });

  it('tells of a batch as one run', async () => {
    const { heard } = listenToChannel('leveret.rpc.notify.process');
    const { listener, notifier } = setUpBatchListener([{ methods: { info: () => {} } }], { batch: { size: 2 } });
    await listener.start();
    await Promise.all([notifier.info('first'), notifier.info('second')]);
    await settle();
    expect(names(heard)).toEqual(untroubled);
    expect(heard[0]?.[1]).toMatchObject({ notifications: [{ eventType: 'first' }, { eventType: 'second' }] });
    await listener.stop();
  });
});
