import { expect, it } from 'vitest';
import { onEachBroker, onEachOperatedBroker } from '../brokers.js';
import { WireClient } from '../wire-client.js';
import { amqplainResponse } from './amqplain.js';
import { closesConnection } from './refusals.js';

const toldOfFailures = { capabilities: { authentication_failure_close: true } };

onEachBroker('a session’s start', (broker) => {
  it('offers 0-9-1, two mechanisms, one locale, and what clients may rely on', async () => {
    using client = await WireClient.connect(broker());
    const { mechanisms, locales, ...start } = await client.start();
    expect(String(mechanisms)).toBe('PLAIN AMQPLAIN');
    expect(String(locales)).toBe('en_US');
    expect(start).toEqual({
      versionMajor: 0,
      versionMinor: 9,
      serverProperties: {
        capabilities: {
          publisher_confirms: true,
          exchange_exchange_bindings: true,
          'basic.nack': true,
          consumer_cancel_notify: true,
          'connection.blocked': true,
          consumer_priorities: true,
          authentication_failure_close: true,
          per_consumer_qos: true,
          direct_reply_to: true,
        },
        cluster_name: expect.any(String),
        copyright: expect.any(String),
        information: expect.any(String),
        platform: expect.any(String),
        product: expect.any(String),
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      },
    });
  });

  it('takes PLAIN', async () => {
    using client = await WireClient.connect(broker());
    await client.start();
    expect(await client.tune()).toEqual({ channelMax: 2047, frameMax: 131072, heartbeat: 60 });
    expect(await client.ask(0, 'connection.open', { virtualHost: broker().virtualHost })).toEqual({ knownHosts: '' });
  });

  it('takes AMQPLAIN', async () => {
    using client = await WireClient.connect(broker());
    const { username, password } = broker();
    await client.start({ mechanism: 'AMQPLAIN', response: amqplainResponse(username, password) });
    expect((await client.next()).name).toBe('connection.tune');
  });

  it('does not care about the locale', async () => {
    using client = await WireClient.connect(broker());
    await client.start({ locale: 'fr_FR' });
    expect((await client.next()).name).toBe('connection.tune');
  });

  it.each(['PLAIN', 'AMQPLAIN'])(
    'refuses a wrong password of %s in words if the client can hear them',
    async (mechanism) => {
      using client = await WireClient.connect(broker());
      const { username } = broker();
      const response = mechanism === 'PLAIN' ? Buffer.from(`\0${username}\0no`) : amqplainResponse(username, 'no');
      await client.start({ mechanism, response, clientProperties: toldOfFailures });
      expect(await client.refused()).toEqual(
        closesConnection(
          403,
          `Login was refused using authentication mechanism ${mechanism}. For details see the broker logfile.`,
        ),
      );
    },
  );

  it('refuses an unknown user in the same words', async () => {
    using client = await WireClient.connect(broker());
    await client.start({ username: broker().uniqueName('ghost'), password: 'no', clientProperties: toldOfFailures });
    expect(await client.refused()).toEqual(
      closesConnection(
        403,
        'Login was refused using authentication mechanism PLAIN. For details see the broker logfile.',
      ),
    );
  });

  it.each(['', '//'])('refuses the virtual host “%s”, which does not exist', async (virtualHost) => {
    using client = await WireClient.connect(broker());
    await client.start();
    await client.tune();
    expect(await client.refusal(0, 'connection.open', { virtualHost })).toEqual(
      closesConnection(530, `vhost ${virtualHost} not found`, 'connection.open'),
    );
  });
});

onEachOperatedBroker('a user’s virtual hosts', (broker) => {
  it('are those with permissions; whether one exists is checked first', async () => {
    const username = broker().uniqueName('user');
    const there = await broker().createVirtualHost();
    await broker().addUser(username, 'secret');
    const refusalOf = async (virtualHost: string): Promise<unknown> => {
      using client = await WireClient.connect(broker());
      await client.start({ username, password: 'secret' });
      await client.tune();
      return await client.refusal(0, 'connection.open', { virtualHost });
    };
    expect(await refusalOf(there)).toEqual(
      closesConnection(530, `access to vhost '${there}' refused for user '${username}'`, 'connection.open'),
    );
    expect(await refusalOf('nowhere')).toEqual(closesConnection(530, 'vhost nowhere not found', 'connection.open'));
    await broker().setPermissions(username, { virtualHost: there });
    using client = await WireClient.open({ ...broker(), virtualHost: there }, { username, password: 'secret' });
    expect(await client.ask(1, 'channel.open')).toBeDefined();
    await broker().deleteVirtualHost(there);
    expect(await client.refused()).toEqual(closesConnection(320, `vhost '${there}' is deleted`));
  });

  it('end when the user does', async () => {
    const username = broker().uniqueName('user');
    await broker().addUser(username, 'secret', { virtualHost: broker().virtualHost });
    using client = await WireClient.open(broker(), { username, password: 'secret' });
    await broker().deleteUser(username);
    expect(await client.refused()).toEqual(closesConnection(320, `user '${username}' is deleted`));
  });
});
