import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChannelModel, connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates, type Rabbitmq, startRabbitmq } from '../src/index.ts';

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a broker of our own', () => {
  let broker: Rabbitmq;
  const open = new Set<ChannelModel>();

  beforeAll(async () => {
    broker = await startRabbitmq();
  });

  afterEach(() => {
    // Not closed in order: some tests leave a broker that would not answer.
    for (const { connection } of open) (connection as unknown as { stream: { destroy(): void } }).stream.destroy();
    open.clear();
  });

  afterAll(() => broker.remove());

  async function dial(url: string, connectionName = '', tls: { readonly ca?: string } = {}): Promise<ChannelModel> {
    const model = await connect(url, { ...tls, clientProperties: { connection_name: connectionName } });
    model.on('error', () => {});
    open.add(model);
    return model;
  }

  it('closes chosen connections as an operator does, and leaves the others', async () => {
    const { name, url } = await broker.createVirtualHost();
    const [victim, bystander] = [await dial(url, 'victim'), await dial(url, 'bystander')];
    expect((await broker.connections(name)).map(({ connectionName }) => connectionName).sort()).toEqual([
      'bystander',
      'victim',
    ]);
    const closed = once(victim, 'close');
    const match = ({ connectionName }: { connectionName: string }): boolean => connectionName === 'victim';
    expect(await broker.closeConnections('for a test', { match })).toBe(1);
    const [reason] = await closed;
    expect(String(reason)).toContain('CONNECTION_FORCED');
    expect(String(reason)).toContain('for a test');
    await (await bystander.createChannel()).close();
    expect((await broker.connections(name)).map(({ connectionName }) => connectionName)).toEqual(['bystander']);
  });

  it('tells of queues at this moment, and deletes one under its consumer', async () => {
    const { name, url } = await broker.createVirtualHost();
    const channel = await (await dial(url)).createConfirmChannel();
    await channel.assertQueue('réponses', { durable: true });
    channel.sendToQueue('réponses', Buffer.from('1'));
    channel.sendToQueue('réponses', Buffer.from('2'));
    await channel.waitForConfirms();
    expect(await broker.queues(name)).toEqual([
      {
        name: 'réponses',
        messages: 2,
        messagesReady: 2,
        messagesUnacknowledged: 0,
        consumers: 0,
        durable: true,
        autoDelete: false,
      },
    ]);
    let cancelled = (): void => {};
    const cancellation = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    await channel.consume('réponses', (message) => {
      if (message === null) cancelled();
    });
    expect((await broker.queues(name))[0]?.consumers).toBe(1);
    await broker.deleteQueue(name, 'réponses');
    await cancellation;
    expect(await broker.queues(name)).toEqual([]);
    expect(await broker.exchanges(name)).toContain('amq.topic');
  });

  it('takes many commands at a time', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => broker.queues('/')));
    expect(answers).toEqual(Array.from({ length: 12 }, () => []));
  });

  it('refuses a user without permissions, with an old password, and one that was deleted', async () => {
    const { name } = await broker.createVirtualHost();
    const user = { username: 'bob', password: 'first' };
    await broker.addUser(user.username, user.password, { virtualHost: name });
    await (await dial(broker.urlOf(name, user))).close();
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

  it('answers nothing while it is frozen, and everything when it is thawed', async () => {
    const channel = await (await dial(broker.url)).createChannel();
    await channel.assertQueue('frozen');
    await broker.freeze();
    expect(broker.state).toBe('frozen');
    let answered = false;
    const answer = channel.checkQueue('frozen').then(() => {
      answered = true;
    });
    await sleep(300);
    expect(answered).toBe(false);
    broker.thaw();
    expect(broker.state).toBe('running');
    await answer;
  });

  it('comes back from a kill and from a stop on the same port, with the same durable data', async () => {
    const { url } = await broker.createVirtualHost('kept');
    const model = await dial(url);
    const channel = await model.createConfirmChannel();
    await channel.assertQueue('kept', { durable: true });
    channel.sendToQueue('kept', Buffer.from('x'), { persistent: true });
    await channel.waitForConfirms();
    const { pid, port } = broker;

    const lost = new Promise((resolve) => model.once('close', resolve));
    await broker.kill();
    await lost;
    expect([broker.state, exists(pid)]).toEqual(['ended', false]);
    await expect(broker.createVirtualHost()).rejects.toMatchObject({ code: 'ERR_LEVERET_TOOLING_CONTROL' });
    await broker.restart();
    expect([broker.state, broker.port, broker.pid === pid]).toEqual(['running', port, false]);
    expect((await broker.queues('kept')).map(({ messages }) => messages)).toEqual([1]);

    await broker.stop();
    expect(broker.state).toBe('ended');
    await broker.restart();
    expect((await broker.queues('kept')).map(({ messages }) => messages)).toEqual([1]);
  }, 180_000);

  it('speaks TLS, on the same port after a restart as well', async () => {
    const { ca } = await makeCertificates();
    const listener = await broker.listenTls();
    const { name } = await broker.createVirtualHost('tls');
    await (await dial(listener.urlOf(name), '', { ca })).close();
    await broker.restart();
    await (await dial(listener.urlOf(name), '', { ca })).close();
    await listener.close();
    await expect(dial(listener.url, '', { ca })).rejects.toThrow('ECONNREFUSED');
  }, 180_000);

  it('answers rabbitmqctl too, for installations without erl_call', async () => {
    const { createControl } = await import('../src/index.ts');
    const slow = createControl({ ...broker.coordinates, erlCall: undefined });
    const { name } = await slow.createVirtualHost('by rabbitmqctl');
    expect(await slow.queues(name)).toEqual([]);
  });

  it('leaves neither process nor folder behind', async () => {
    const { pid } = broker;
    const { folder } = broker.coordinates;
    await broker.remove();
    expect([broker.state, exists(pid), existsSync(folder)]).toEqual(['removed', false, false]);
  });
});
