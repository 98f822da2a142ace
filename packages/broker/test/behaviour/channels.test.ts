import { expect, it } from 'vitest';
import { onEachBroker } from '../brokers.js';
import { WireClient } from '../wire-client.js';
import { closesChannel, closesConnection } from './refusals.js';

onEachBroker('a channel', (broker) => {
  const missing = (queue: string): string => `no queue '${queue}' in vhost '${broker().virtualHost}'`;

  it('opens and closes, as often as one likes', async () => {
    using client = await WireClient.open(broker());
    for (let times = 0; times < 3; times++) {
      expect(await client.ask(1, 'channel.open')).toEqual({ channelId: Buffer.alloc(0) });
      expect(await client.ask(1, 'channel.close', { replyCode: 320, replyText: 'enough' })).toEqual({});
    }
  });

  it('fails alone: others of the connection go on', async () => {
    using client = await WireClient.openChannel(broker());
    await client.ask(2, 'channel.open');
    client.send(1, 'queue.declare', { queue: 'missing', passive: true });
    client.send(2, 'channel.flow', { active: true });
    const came = [await client.next(), await client.next()].sort((a, b) => a.channel - b.channel);
    expect(came).toEqual([
      {
        channel: 1,
        name: 'channel.close',
        fields: { replyCode: 404, replyText: `NOT_FOUND - ${missing('missing')}`, classId: 50, methodId: 10 },
      },
      { channel: 2, name: 'channel.flow-ok', fields: { active: true } },
    ]);
    expect(await client.ask(2, 'queue.declare', { exclusive: true })).toMatchObject({ messageCount: 0 });
  });

  it('that failed ignores everything until the client knows, and may then be opened again', async () => {
    using client = await WireClient.openChannel(broker());
    const [before, after] = [broker().uniqueName('before'), broker().uniqueName('after')];
    client.send(1, 'queue.declare', { queue: 'missing', passive: true });
    client.send(1, 'queue.declare', { queue: before });
    client.publish(1, { exchange: 'missing' }, 'ignored');
    expect(await client.next()).toMatchObject({ name: 'channel.close', fields: { replyCode: 404 } });
    client.send(1, 'queue.declare', { queue: after });
    client.publish(1, { exchange: 'missing' }, 'ignored');
    client.send(1, 'channel.close-ok');
    await client.ask(1, 'channel.open');
    for (const queue of [before, after]) {
      expect(await client.refusal(1, 'queue.declare', { queue, passive: true })).toEqual(
        closesChannel(404, missing(queue), 'queue.declare'),
      );
      await client.ask(1, 'channel.open');
    }
  });

  it('that failed answers a close that crosses', async () => {
    using client = await WireClient.openChannel(broker());
    client.send(1, 'queue.declare', { queue: 'missing', passive: true });
    client.send(1, 'channel.close');
    expect([(await client.next()).name, (await client.next()).name]).toEqual(['channel.close', 'channel.close-ok']);
    client.send(1, 'channel.close-ok');
    expect((await client.call(1, 'channel.open')).name).toBe('channel.open-ok');
  });

  it('answers in the order of the questions', async () => {
    using client = await WireClient.openChannel(broker());
    for (let asked = 0; asked < 5; asked++) {
      client.send(1, 'queue.declare', { exclusive: true });
      client.send(1, 'exchange.declare', { exchange: 'amq.direct', passive: true });
    }
    const names: string[] = [];
    for (let answers = 0; answers < 10; answers++) names.push((await client.next()).name);
    expect(names).toEqual(Array.from({ length: 5 }, () => ['queue.declare-ok', 'exchange.declare-ok']).flat());
  });

  it('says so when it flows, and cannot be stopped', async () => {
    using client = await WireClient.openChannel(broker());
    expect(await client.ask(1, 'channel.flow', { active: true })).toEqual({ active: true });
    expect(await client.refusal(1, 'channel.flow', { active: false })).toEqual(
      closesConnection(540, 'active=false', 'channel.flow'),
    );
  });

  it('cuts a text that does not fit', async () => {
    using client = await WireClient.openChannel(broker());
    const short = await client.refusal(1, 'queue.declare', { queue: 'q'.repeat(255), passive: true });
    expect(short.text).toBe(`NOT_FOUND - no queue '${'q'.repeat(230)}...`);
    await client.ask(1, 'channel.open');
    const wide = await client.refusal(1, 'queue.declare', { queue: 'é'.repeat(127), passive: true });
    expect(wide.text).toBe(`NOT_FOUND - no queue '${'é'.repeat(115)}...`);
  });

  it('names an entity as it is called', async () => {
    using client = await WireClient.openChannel(broker());
    expect(await client.refusal(1, 'queue.declare', { queue: "it's é €, ~p %s", passive: true })).toEqual(
      closesChannel(404, missing("it's é €, ~p %s"), 'queue.declare'),
    );
  });
});

onEachBroker('transactions and confirms', (broker) => {
  it('are of RabbitMQ; the embedded broker has no transactions and says so', async () => {
    using client = await WireClient.openChannel(broker());
    if (broker().kind === 'embedded') {
      expect(await client.refusal(1, 'tx.select')).toMatchObject({
        scope: 'connection',
        code: 540,
        text: expect.stringMatching(/^NOT_IMPLEMENTED - /),
        method: 'tx.select',
      });
      return;
    }
    await client.ask(1, 'tx.select');
    await client.ask(1, 'tx.select');
    expect(await client.refusal(1, 'confirm.select')).toEqual(
      closesChannel(406, 'cannot switch from tx to confirm mode', 'confirm.select'),
    );
    await client.ask(1, 'channel.open');
    await client.ask(1, 'confirm.select');
    expect(await client.refusal(1, 'tx.select')).toEqual(
      closesChannel(406, 'cannot switch from confirm to tx mode', 'tx.select'),
    );
    for (const method of ['tx.commit', 'tx.rollback']) {
      await client.ask(1, 'channel.open');
      expect(await client.refusal(1, method)).toEqual(closesChannel(406, 'channel is not transactional', method));
    }
  });

  it('may be selected twice, with or without an answer', async () => {
    using client = await WireClient.openChannel(broker());
    await client.ask(1, 'confirm.select');
    client.send(1, 'confirm.select', { nowait: true });
    await client.ask(1, 'confirm.select');
    client.publish(1, { routingKey: 'nowhere' }, 'x');
    expect(await client.next()).toEqual({
      channel: 1,
      name: 'basic.ack',
      fields: { deliveryTag: 1, multiple: false },
    });
  });
});
