import { connect } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { brokerInTest, clientOf, rawClient, roundTrip, until } from '../test/broker-in-test.js';
import { BrokerError } from './errors.js';

const ann = { username: 'ann', password: 'first' };

describe('users', () => {
  it('are those of the options, and the first one is in the URL', async () => {
    const { broker } = await brokerInTest({ users: { ann: 'first', bob: 'other' } });
    expect(broker.url).toBe(`amqp://ann:first@127.0.0.1:${broker.port}/%2F`);
    await clientOf(broker);
    await clientOf(broker, 'bob', broker.urlOf('/', { username: 'bob', password: 'other' }));
    expect(broker.connections().map(({ user }) => user)).toEqual(['ann', 'bob']);
    await expect(connect(`amqp://guest:guest@127.0.0.1:${broker.port}`)).rejects.toThrow('403');
  });

  it.each([
    ['a wrong password', { username: 'guest', password: 'pa55w0rd' }],
    ['nobody', { username: 'nobody', password: 'pa55w0rd' }],
  ])('are refused with %s, and the event names no password', async (_, credentials) => {
    const { broker, events } = await brokerInTest();
    await expect(connect(broker.urlOf('/', credentials))).rejects.toThrow(/403 \(ACCESS-REFUSED\)/);
    await until(() => events.length === 1);
    const reason = `wrong user name or password, for the user ${JSON.stringify(credentials.username)}`;
    expect(events).toMatchObject([{ type: 'connection-rejected', reason }]);
    expect(JSON.stringify(events)).not.toContain('pa55w0rd');
  });

  it('can be added, and deleted, while it runs', async () => {
    const { broker } = await brokerInTest();
    await expect(connect(broker.urlOf('/', ann))).rejects.toThrow('403');
    broker.addUser('ann', 'first');
    await clientOf(broker, 'ann', broker.urlOf('/', ann));
    broker.deleteUser('ann');
    await expect(connect(broker.urlOf('/', ann))).rejects.toThrow('403');
  });

  it('are closed when they are deleted, and nobody else is', async () => {
    const { broker } = await brokerInTest();
    const guest = await clientOf(broker);
    broker.addUser('ann', 'first');
    const client = await rawClient(broker, ann);

    broker.deleteUser('ann');

    expect(await client.refused()).toMatchObject({
      scope: 'connection',
      code: 320,
      text: "CONNECTION_FORCED - user 'ann' is deleted",
    });
    await roundTrip(guest.channel);
  });

  it('can change their password', async () => {
    const { broker } = await brokerInTest();
    broker.addUser('ann', 'first');
    broker.changePassword('ann', 'second');
    await expect(connect(broker.urlOf('/', ann))).rejects.toThrow('403');
    await clientOf(broker, 'ann', broker.urlOf('/', { username: 'ann', password: 'second' }));
  });

  it('may only do what their permissions say, from that moment on', async () => {
    const { broker } = await brokerInTest();
    broker.addUser('ann', 'first', { configure: '^ann-', write: '', read: '.*' });
    const { channel } = await clientOf(broker);
    await channel.assertQueue('other');
    const client = await rawClient(broker, ann);

    expect(await client.refusal(1, 'queue.declare', { queue: 'q' })).toMatchObject({
      code: 403,
      text: "ACCESS_REFUSED - access to queue 'q' in vhost '/' refused for user 'ann'",
    });
    await client.ask(1, 'channel.open');
    await client.ask(1, 'queue.declare', { queue: 'ann-q' });
    client.publish(1, { exchange: 'amq.topic' }, 'm');
    expect(await client.refused()).toMatchObject({
      code: 403,
      text: "ACCESS_REFUSED - access to exchange 'amq.topic' in vhost '/' refused for user 'ann'",
    });
    await client.ask(1, 'channel.open');
    expect((await client.call(1, 'basic.get', { queue: 'other' })).name).toBe('basic.get-empty');

    broker.setPermissions('ann', { write: 'topic', read: '^ann-' });
    client.publish(1, { exchange: 'amq.topic' }, 'm');
    await client.ask(1, 'queue.declare', { queue: 'anything' });
    expect(await client.refusal(1, 'basic.get', { queue: 'other' })).toMatchObject({ code: 403 });
  });

  it('have permissions by virtual host, or in all of them', async () => {
    const { broker } = await brokerInTest({ virtualHosts: ['/', 'one', 'two'] });
    broker.addUser('ann', 'first', { virtualHost: 'one' });
    await clientOf(broker, 'ann', broker.urlOf('one', ann));
    await expect(connect(broker.urlOf('two', ann))).rejects.toThrow();

    broker.setPermissions('ann');
    await clientOf(broker, 'ann', broker.urlOf('two', ann));

    broker.clearPermissions('ann');
    await expect(connect(broker.urlOf('one', ann))).rejects.toThrow();
  });

  it('are told of with words when something is wrong', async () => {
    const { broker } = await brokerInTest();
    expect(() => broker.addUser('guest', 'pa55w0rd')).toThrow('There is a user guest already');
    for (const act of [
      () => broker.deleteUser('nobody'),
      () => broker.changePassword('nobody', 'pa55w0rd'),
      () => broker.setPermissions('nobody'),
      () => broker.clearPermissions('nobody'),
    ]) {
      expect(act).toThrow('There is no user nobody; addUser makes one.');
    }
    expect(() => broker.setPermissions('guest', { write: '(' })).toThrow(BrokerError);
    expect(() => broker.addUser('new', 'pa55w0rd', { write: '(' })).toThrow('is not a regular expression');
    // What was refused has left nothing.
    broker.addUser('new', 'pa55w0rd');
  });
});

describe('virtual hosts', () => {
  it('can be created while it runs, and are apart', async () => {
    const { broker } = await brokerInTest();
    await expect(connect(broker.urlOf('new'))).rejects.toThrow();
    broker.createVirtualHost('new');
    const [here, there] = [await clientOf(broker), await clientOf(broker, 'there', broker.urlOf('new'))];
    await here.channel.assertQueue('q');
    await there.channel.assertExchange('q', 'fanout');
    await there.channel.assertQueue('q', { durable: false });
    expect(broker.queues().map(({ virtualHost }) => virtualHost)).toEqual(['/', 'new']);
    expect(() => broker.createVirtualHost('new')).toThrow('There is a virtual host new already.');
  });

  it('are deleted with all that is in them, and their connections are closed', async () => {
    const { broker } = await brokerInTest({ virtualHosts: ['/', 'doomed'] });
    const [here, there] = [await clientOf(broker), await clientOf(broker, 'there', broker.urlOf('doomed'))];
    await there.channel.assertQueue('q');
    const reasons: string[] = [];
    there.connection.on('close', (error) => reasons.push(`${error?.message}`));

    broker.deleteVirtualHost('doomed');

    await until(() => there.told.includes('closed'));
    expect(reasons[0]).toContain("CONNECTION_FORCED - vhost 'doomed' is deleted");
    await roundTrip(here.channel);
    expect(broker.queues()).toEqual([]);
    expect(broker.connections()).toHaveLength(1);
    await expect(connect(broker.urlOf('doomed'))).rejects.toThrow();
    expect(() => broker.deleteVirtualHost('doomed')).toThrow('There is no virtual host doomed');
  });
});

describe('the URL of a virtual host', () => {
  const odd = ['a/b', '%2F', 'ü €', '?x=1#y', ':@[]', "!'()*", '日本'];

  it.each(odd)('leads into it whatever its name: %s', async (virtualHost) => {
    const { broker } = await brokerInTest({ virtualHosts: [virtualHost] });
    const { channel } = await clientOf(broker);
    await roundTrip(channel);
    expect(broker.connections()).toMatchObject([{ virtualHost }]);
    expect(new URL(broker.url).port).toBe(String(broker.port));
  });

  it.each([
    ['a@b:c/d', 'p@ss:w/rd?#'],
    ['100%', '%41'],
    ["it's", '"quoted" [x]'],
  ])('takes any user and password: %s', async (username, password) => {
    const { broker } = await brokerInTest({ users: { [username]: password } });
    await clientOf(broker);
    expect(broker.connections()).toMatchObject([{ user: username }]);
  });
});
