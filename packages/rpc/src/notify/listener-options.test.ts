import { describe, expect, expectTypeOf, it } from 'vitest';
import { createNotificationListener, type Notification } from '../notify.js';
import { FakeTransport } from '../testing/fake-transport.js';

describe('what makes no sense is refused', () => {
  const create =
    (endpoints: unknown, options: object = {}, targets: unknown = [{ topic: 't' }]) =>
    () =>
      createNotificationListener(new FakeTransport(), targets as never, endpoints as never, options);
  const fine = [{ methods: { info: () => {} } }];

  it('of the endpoints', () => {
    expect(create([])).toThrow('The endpoints of a notification listener must be a list of at least one');
    expect(create([7])).toThrow('endpoints[0] must be an object');
    expect(create([{ methods: { information: () => {} } }])).toThrow(
      'endpoints[0].methods.information is for no priority',
    );
    expect(create([{ methods: { info: 7 } }])).toThrow('endpoints[0].methods.info is not a function');
    expect(
      create([
        {
          methods: new (class Audit {
            info() {}
          })(),
        },
      ]),
    ).toThrow('has no methods of its own');
    expect(create([{ ...fine[0], filter: { eventType: '(' } }])).toThrow('endpoints[0].filter.eventType');
  });

  it('of the targets', () => {
    expect(create(fine, {}, [])).toThrow('The targets of a notification listener must be a list');
    expect(create(fine, {}, [{}])).toThrow('needs targets with a topic');
    expect(create(fine, {}, [{ topic: 't', server: 's' }])).toThrow("There is no option 'server'");
  });

  it('of the options', () => {
    expect(create(fine, { requeue: true })).toThrow("There is no option 'requeue' of a notification listener");
    expect(create(fine, { pool: '' })).toThrow('pool must be the name of a queue');
    expect(create(fine, { allowRequeue: 1 })).toThrow('allowRequeue must be true or false');
    expect(create(fine, { concurrency: 0 })).toThrow('concurrency must be a number from 1');
    expect(create(fine, { batch: {} })).toThrow('batch.size must be a whole number');
    expect(create(fine, { batch: { size: 10, timeout: 1 } })).toThrow("There is no option 'timeout' of batch");
    expect(create(fine, { duplicateWindow: -1 })).toThrow('duplicateWindow must be a number from 0');
    expect(create(fine, { quorum: true, mirrored: true })).toThrow('Configuration Error');
  });
});

it('methods are typed by whether there are batches', () => {
  const transport = new FakeTransport();
  createNotificationListener(
    transport,
    [{ topic: 't' }],
    [{ methods: { info: (notification) => expectTypeOf(notification).toEqualTypeOf<Notification>() } }],
  );
  createNotificationListener(
    transport,
    [{ topic: 't' }],
    [{ methods: { info: (notifications) => expectTypeOf(notifications).toEqualTypeOf<readonly Notification[]>() } }],
    { batch: { size: 2 } },
  );
  expectTypeOf(createNotificationListener).returns.toHaveProperty('status');
});
