import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Certificates,
  makeCertificates,
  type Rabbitmq,
  type RabbitmqAccess,
  type RabbitmqControl,
  startRabbitmq,
  type TlsListenerOptions,
  useRabbitmq,
} from '../src/index.ts';

let access: RabbitmqAccess;
let own: Rabbitmq | undefined;
let control: RabbitmqControl;
let certificates: Certificates;

beforeAll(async () => {
  access = await useRabbitmq();
  certificates = await makeCertificates();
  // Somebody else's broker opens no port for us.
  if (access.control === undefined) own = await startRabbitmq();
  control = access.control ?? (own as Rabbitmq);
});
afterAll(async () => {
  await own?.remove();
  await access.release();
});

/** What the broker answers to AMQP's header over TLS: `method frame` is connection.start. */
async function ask(listen: TlsListenerOptions, options: ConnectionOptions): Promise<string> {
  await using listener = await control.listenTls(listen);
  const socket: TLSSocket = connect({ port: listener.port, host: 'localhost', ca: certificates.ca, ...options });
  try {
    await once(socket, 'secureConnect');
    socket.write('AMQP\x00\x00\x09\x01', 'latin1');
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    return bytes[0] === 1 ? 'method frame' : `byte ${bytes[0]}`;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    socket.destroy();
  }
}

describe('a TLS listener', () => {
  it('is trusted by who knows its authority, by name and by address', async () => {
    expect(await ask({}, {})).toBe('method frame');
    expect(await ask({}, { host: '127.0.0.1' })).toBe('method frame');
  });

  it('is not trusted by who does not', async () => {
    expect(await ask({}, { ca: [] })).toBe('SELF_SIGNED_CERT_IN_CHAIN');
    expect(await ask({ identity: certificates.stranger }, {})).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  it('can have a wrong name', async () => {
    expect(await ask({ identity: certificates.wrongName }, {})).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    expect(await ask({ identity: certificates.wrongName }, { servername: 'elsewhere.invalid' })).toBe('method frame');
  });

  it('can require a certificate of the client', async () => {
    const { client, stranger } = certificates;
    expect(await ask({ clientCertificate: 'required' }, client)).toBe('method frame');
    expect(await ask({ clientCertificate: 'required' }, {})).toBe('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
    expect(await ask({ clientCertificate: 'required' }, stranger)).toBe('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA');
  });
});
