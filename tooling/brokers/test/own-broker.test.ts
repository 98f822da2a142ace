import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCertificates } from '@leveret/tooling-rabbitmq';
import type { ChannelModel } from 'amqplib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OwnBroker, startOwnBroker } from '../src/index.ts';
import { useConnections } from './dial.ts';

/** Resolves when a connection has ended, by an error or without. */
function closing(model: ChannelModel): Promise<unknown> {
  return new Promise((resolve) => model.once('close', resolve));
}

describe('a broker that may be broken', () => {
  const dial = useConnections();
  let broker: OwnBroker;

  beforeAll(async () => {
    broker = await startOwnBroker();
  });
  afterAll(() => broker.remove());

  it('has a URL for its administrator and for others', async () => {
    const { name, url } = await broker.createVirtualHost('éléphant/x');
    expect([name, broker.urlOf(name)]).toEqual(['éléphant/x', url]);
    expect(broker.urlOf('v', { username: 'a:b', password: 'c@d' })).toBe(
      `amqp://a%3Ab:c%40d@${broker.hostname}:${broker.port}/v`,
    );
    expect(new URL(broker.url).username).toBe(broker.username);
    await (await dial(url)).close();
    await broker.deleteVirtualHost(name);
    await expect(dial(url)).rejects.toThrow();
  });

  it('closes chosen connections as an operator does, and leaves the others', async () => {
    const { name, url } = await broker.createVirtualHost();
    const [victim, bystander] = [await dial(url, 'victim'), await dial(url, 'bystander')];
    expect((await broker.connections(name)).map(({ state, user }) => [state, user])).toEqual([
      ['running', broker.username],
      ['running', broker.username],
    ]);
    const closed = once(victim, 'close');
    expect(await broker.closeConnections('for a test', { match: (one) => one.connectionName === 'victim' })).toBe(1);
    const [reason] = await closed;
    expect(String(reason)).toMatch(/320.*CONNECTION[_-]FORCED.*for a test/);
    await (await bystander.createChannel()).close();
    expect((await broker.connections(name)).map(({ connectionName }) => connectionName)).toEqual(['bystander']);
  });

  it('tells of queues at this moment, and deletes one under its consumer', async () => {
    const { name, url } = await broker.createVirtualHost();
    const channel = await (await dial(url)).createConfirmChannel();
    await channel.assertQueue('réponses', { durable: true });
    for (const body of ['1', '2']) channel.sendToQueue('réponses', Buffer.from(body));
    await channel.waitForConfirms();
    const queue = { name: 'réponses', consumers: 0, durable: true, autoDelete: false };
    expect(await broker.queues(name)).toEqual([{ ...queue, messages: 2, messagesReady: 2, messagesUnacknowledged: 0 }]);
    let cancelled = (): void => {};
    const cancellation = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    await channel.consume('réponses', (message) => {
      if (message === null) cancelled();
    });
    await expect
      .poll(() => broker.queues(name))
      .toEqual([{ ...queue, consumers: 1, messages: 2, messagesReady: 0, messagesUnacknowledged: 2 }]);
    await broker.deleteQueue(name, 'réponses');
    await cancellation;
    expect(await broker.queues(name)).toEqual([]);
    expect(await broker.exchanges(name)).toContain('amq.topic');
  });

  it('speaks TLS on a port of its own, with the certificate that it is given', async () => {
    const { ca, wrongName } = await makeCertificates();
    const { name } = await broker.createVirtualHost();
    await using listener = await broker.listenTls();
    const channel = await (await dial(listener.urlOf(name), 'secret', { ca })).createChannel();
    await channel.assertQueue('secret');
    expect((await broker.queues(name)).map((queue) => queue.name)).toEqual(['secret']);
    await expect(dial(listener.url)).rejects.toThrow(/self.signed certificate/);
    await using other = await broker.listenTls({ identity: wrongName });
    await expect(dial(other.url, '', { ca })).rejects.toThrow(/does not match certificate/);
  });

  it('takes over TLS only clients that it knows, when it is told so', async () => {
    const { ca, client } = await makeCertificates();
    await using listener = await broker.listenTls({ clientCertificate: 'required' });
    await (await dial(listener.url, '', { ca, ...client })).close();
    await expect(dial(listener.url, '', { ca })).rejects.toThrow();
    expect(listener.urlOf('x', '127.0.0.1')).toMatch(/^amqps:\/\/.*@127\.0\.0\.1:\d+\/x$/);
  });

  it('refuses a user without permissions, with an old password, and one that was deleted', async () => {
    const { name } = await broker.createVirtualHost();
    const user = { username: 'bob', password: 'first' };
    await broker.addUser(user.username, user.password, { virtualHost: name });
    await (await dial(broker.urlOf(name, user))).close();
    await expect(dial(broker.urlOf('/', user))).rejects.toThrow();
    await broker.changePassword(user.username, 'second');
    await expect(dial(broker.urlOf(name, user))).rejects.toThrow('ACCESS_REFUSED');
    const changed = { ...user, password: 'second' };
    await broker.refuseUser(user.username);
    await expect(dial(broker.urlOf(name, changed))).rejects.toThrow(/ConnectionClose/);
    await broker.setPermissions(user.username, { virtualHost: name });
    await (await dial(broker.urlOf(name, changed))).close();
    await broker.deleteUser(user.username);
    await expect(dial(broker.urlOf(name, changed))).rejects.toThrow('ACCESS_REFUSED');
  });

  it('blocks a connection that publishes while the memory alarm is on', async () => {
    const model = await dial(broker.url);
    const channel = await model.createConfirmChannel();
    await channel.assertQueue('alarm');
    const blocked = once(model, 'blocked');
    await broker.raiseMemoryAlarm();
    channel.sendToQueue('alarm', Buffer.from('x'));
    expect(await blocked).toEqual(['low on memory']);
    const unblocked = once(model, 'unblocked');
    await broker.clearMemoryAlarm();
    await unblocked;
    await channel.waitForConfirms();
  });

  it('answers nothing while it is frozen, also to those who come then, and everything when it is thawed', async () => {
    const channel = await (await dial(broker.url)).createChannel();
    await channel.assertQueue('frozen');
    await broker.freeze();
    let answers = 0;
    const newcomer = connectSocket(broker.port, broker.hostname, () => newcomer.write('AMQP\0\0\x09\x01'));
    newcomer.on('data', () => {
      answers += 1;
    });
    await once(newcomer, 'connect');
    const answered = channel.checkQueue('frozen').then(() => {
      answers += 1;
    });
    await sleep(300);
    expect(answers).toBe(0);
    broker.thaw();
    await answered;
    await once(newcomer, 'data');
    newcomer.destroy();
  });

  it.each(['kill', 'stop'] as const)(
    'comes back from a %s on the same port, with the same durable data',
    async (end) => {
      const { name, url } = await broker.createVirtualHost();
      const model = await dial(url);
      const channel = await model.createConfirmChannel();
      await channel.assertQueue('kept', { durable: true });
      await channel.assertQueue('lost', { durable: false });
      channel.sendToQueue('kept', Buffer.from('x'), { persistent: true });
      channel.sendToQueue('kept', Buffer.from('y'), { persistent: false });
      await channel.waitForConfirms();
      const { port } = broker;
      const closed = closing(model);
      await broker[end]();
      // Who stops says 320 CONNECTION_FORCED; who is killed says nothing.
      expect(String(await closed)).toMatch(end === 'stop' ? /320.*CONNECTION[_-]FORCED/ : /ECONNRESET|closed/);
      await expect(dial(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await broker.restart();
      expect(broker.port).toBe(port);
      expect((await broker.queues(name)).map((queue) => [queue.name, queue.messages])).toEqual([['kept', 1]]);
      await (await dial(url)).close();
    },
  );

  it('restarts while it runs', async () => {
    const { name, url } = await broker.createVirtualHost();
    const closed = closing(await dial(url));
    await broker.restart();
    await closed;
    expect(await broker.queues(name)).toEqual([]);
    await (await dial(url)).close();
  });

  it('is killed while it is frozen, and comes back thawed', async () => {
    const closed = closing(await dial(broker.url));
    await broker.freeze();
    await broker.kill();
    await closed;
    await broker.restart();
    await (await dial(broker.url)).close();
  });
});
