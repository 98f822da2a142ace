import { expect, it } from 'vitest';
import { brokerAddresses, parseTransportUrl } from '../test/all.js';

function addressesOf(text: string): string[] {
  return brokerAddresses(parseTransportUrl(text)).map(({ username, password, hostname, port, virtualHost, tls }) =>
    [username, password.reveal(), hostname, port, virtualHost, tls ? 'tls' : 'plain'].join(' '),
  );
}

it('is localhost and guest where the URL says nothing', () => {
  expect(addressesOf('rabbit://')).toEqual(['guest guest localhost 5672 / plain']);
  expect(addressesOf('amqps://')).toEqual(['guest guest localhost 5671 / tls']);
});

it('inherits no credentials', () => {
  expect(addressesOf('rabbit://u:p@h1,h2,:q@h3,v@h4/x')).toEqual([
    'u p h1 5672 x plain',
    'guest guest h2 5672 x plain',
    'guest q h3 5672 x plain',
    'v guest h4 5672 x plain',
  ]);
});

it("takes empty for absent in oslo's dialect only", () => {
  expect(addressesOf('rabbit://:@h:0/')).toEqual(['guest guest h 5672 / plain']);
  expect(addressesOf('amqp://:@h/')).toEqual(['  h 5672  plain']);
});

it('turns TLS on by ssl and leaves the port at 5672, as oslo does', () => {
  for (const yes of ['true', '1', 'Yes', 'ON'])
    expect(addressesOf(`rabbit://h?ssl=${yes}`)).toEqual(['guest guest h 5672 / tls']);
  for (const no of ['false', '0', 'No', 'OFF'])
    expect(addressesOf(`rabbit://h?ssl=${no}`)).toEqual(['guest guest h 5672 / plain']);
  expect(() => addressesOf('rabbit://h?ssl=maybe')).toThrow('URL: bad parameter. Write ssl=true or ssl=false.');
});

it('gives the names to resolve', () => {
  expect(addressesOf('rabbit://ho%61ST,[FE80::A%25Eth0],[fe80::1%eth0]/')).toEqual([
    'guest guest hoast 5672 / plain',
    'guest guest fe80::a%Eth0 5672 / plain',
    'guest guest fe80::1%eth0 5672 / plain',
  ]);
});

it.each(['kafka://h', 'fake://', 'amqp+x://h', 'kombu://h', 'kombu+memory://', 'rabbit+x://h', 'rabbits://h'])(
  'refuses %s',
  (text) => {
    const url = parseTransportUrl(text);
    expect(() => brokerAddresses(url)).toThrow(
      expect.objectContaining({ code: 'ERR_LEVERET_URL_UNSUPPORTED_TRANSPORT', offset: 0 }),
    );
    expect(() => brokerAddresses(url)).toThrow(
      'URL: unsupported transport at offset 0. RabbitMQ: rabbit, kombu+rabbit, kombu+amqp, amqp, amqps.',
    );
  },
);
