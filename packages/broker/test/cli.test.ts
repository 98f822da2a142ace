import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { describe, expect, it } from 'vitest';
import { startCli } from './cli-process.js';
import { selfSigned } from './clients/self-signed.js';
import { WireClient, type WireTarget } from './wire-client.js';

const guest = { username: 'guest', password: 'guest', virtualHost: '/' };

async function openSilent(target: Pick<WireTarget, 'host' | 'port'>): Promise<WireClient> {
  return await WireClient.open({ ...guest, ...target });
}

describe('the command line, as a process', () => {
  it('is a broker until it is told to end, and tells its clients so', async () => {
    await using cli = startCli(['--port', '0', '--json']);
    const { url, host, port } = await cli.printed;
    expect(url).toBe(`amqp://guest:guest@127.0.0.1:${port}/%2F`);
    expect(host).toBe('127.0.0.1');

    const connection = await connect(url);
    const channel = await connection.createConfirmChannel();
    const { queue } = await channel.assertQueue('');
    channel.sendToQueue(queue, Buffer.from('hello'));
    await channel.waitForConfirms();
    expect(await channel.get(queue, { noAck: true })).toMatchObject({ content: Buffer.from('hello') });

    const told = once(connection, 'close');
    connection.on('error', () => undefined);
    cli.signal('SIGTERM');
    expect(await told).toMatchObject([{ code: 320, message: expect.stringContaining('CONNECTION_FORCED') }]);
    expect(await cli.ended).toMatchObject({ status: 0, stderr: '' });
  });

  it('ends though a client does not answer, and another one does not even speak AMQP', async () => {
    await using cli = startCli(['--port', '0', '--json']);
    const target = await cli.printed;
    using silent = await openSilent(target);
    using _stranger = await WireClient.connect({ ...guest, ...target });
    cli.signal('SIGINT');
    expect(await silent.next()).toMatchObject({ name: 'connection.close', fields: { replyCode: 320 } });
    expect(await cli.ended).toMatchObject({ status: 0 });
  });

  it('takes the two signals that npm makes of one Ctrl-C for one', async () => {
    await using cli = startCli(['--port', '0', '--json']);
    using silent = await openSilent(await cli.printed);
    cli.signal('SIGINT');
    cli.signal('SIGINT');
    expect(await silent.next()).toMatchObject({ name: 'connection.close' });
    expect(await cli.ended).toMatchObject({ status: 0 });
  });

  it('goes on when nobody reads what it prints any more', async () => {
    await using cli = startCli(['--port', '0', '--json', '--verbose']);
    const target = await cli.printed;
    cli.stopReading();
    for (let i = 0; i < 3; i += 1) (await openSilent(target)).destroy();
    using _still = await openSilent(target);
    cli.signal('SIGTERM');
    expect(await cli.ended).toMatchObject({ status: 0 });
  });

  it('lets in whom the environment names, and prints no password of theirs', async () => {
    await using cli = startCli(['--port', '0', '--json', '--verbose', '--vhost', 'orders'], {
      LEVERET_BROKER_USERS: 'ann:s3cret',
    });
    const { url, port } = await cli.printed;
    expect(url).toBe(`amqp://ann:***@127.0.0.1:${port}/orders`);
    const connection = await connect(url.replace('***', 's3cret'), { clientProperties: { connection_name: 'worker' } });
    await connection.close();
    await expect(connect(url.replace('***', 'hunter2'))).rejects.toThrow();
    cli.signal('SIGTERM');
    const { stdout, stderr } = await cli.ended;
    expect(stderr).toMatch(/^[\d:.]+ opened .* \(worker\) by ann in orders\n[\d:.]+ closed .*\n[\d:.]+ rejected .*\n$/);
    expect(stdout + stderr).not.toMatch(/s3cret|hunter2/);
  });
});

describe('TLS on the command line', () => {
  it('makes a broker that its certificate vouches for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leveret-cli-'));
    try {
      const { key, cert } = selfSigned();
      writeFileSync(join(folder, 'key.pem'), key);
      writeFileSync(join(folder, 'cert.pem'), cert);
      const files = ['--tls-key', join(folder, 'key.pem'), '--tls-cert', join(folder, 'cert.pem')];
      await using cli = startCli(['--port', '0', '--json', ...files]);
      const { url } = await cli.printed;
      expect(url).toMatch(/^amqps:/);
      await (await connect(url, { ca: [cert] })).close();
      cli.signal('SIGTERM');
      expect(await cli.ended).toMatchObject({ status: 0 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a broker that cannot be', () => {
  it('on a port that is taken, says what to do', async () => {
    await using taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = Object(taken.address()) as { port: number };
    await using cli = startCli(['--port', String(port)]);
    const { status, stdout, stderr } = await cli.ended;
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^leveret broker: Port ${port} of 127\\.0\\.0\\.1 is taken.*--port.*\n$`));
  });

  it('on an address of another machine, says so', async () => {
    await using cli = startCli(['--port', '0', '--host', '192.0.2.1']);
    const { status, stderr } = await cli.ended;
    expect(status).toBe(1);
    expect(stderr).toMatch(/^leveret broker: 192\.0\.2\.1 is no address of this machine.*\n$/);
  });

  it('with a key that is none, names the option', async () => {
    const file = import.meta.filename;
    await using cli = startCli(['--port', '0', '--tls-key', file, '--tls-cert', file]);
    const { status, stderr } = await cli.ended;
    expect(status).toBe(1);
    expect(stderr).toMatch(/^leveret broker: .*\btls\b.*\n$/);
  });

  it('with an option that there is not, is status 2', async () => {
    await using cli = startCli(['--prot', '5672']);
    expect(await cli.ended).toEqual({
      status: 2,
      stdout: '',
      stderr: 'leveret broker: There is no option --prot. Did you mean --port? See --help.\n',
    });
  });
});
