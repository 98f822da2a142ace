import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type BrokerAccess, useBroker } from '@leveret/tooling-brokers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let broker: BrokerAccess;

beforeAll(async () => {
  broker = await useBroker();
});
afterAll(() => broker.release());

// Each program closes its transport and then has nothing left to do: a timer, a listener or a socket would keep it.
const PROGRAMS = {
  idle: 'await transport.close();',
  connecting: 'transport.connect().catch(() => {}); await transport.close({ drainMs: 0 });',
  waiting: `const away = createTransport('rabbit://127.0.0.1:1/', { reconnectBackoff: [60_000] });
    const published = away.publish({ routingKey: 'exit' }, 'x').catch(() => {});
    while (away.state.publish.status !== 'waiting') await new Promise(setImmediate);
    await Promise.all([transport.close(), away.close({ drainMs: 0 }), published]);`,
  refused: `const refused = createTransport(process.env.BROKER_URL.replace(/:[^:@/]*@/, ':wrong@'));
    await refused.connect().catch(() => {});
    await Promise.all([transport.close(), refused.close()]);`,
  open: 'await transport.connect(); await transport.close();',
  consuming: `await transport.connect(); await transport.consume({ queue: { name: 'exit', autoDelete: true } }, () => {}); await transport.close();`,
  'a handler running that never ends': `const queue = { name: 'exit-running', autoDelete: true };
    await transport.connect();
    await new Promise((begun) => transport.consume({ queue }, () => (begun(), new Promise(() => {})))
      .then(() => transport.publish({ routingKey: queue.name }, 'x')));
    await transport.close({ drainMs: 50 });`,
  'a handler running that ends': `const queue = { name: 'exit-ending', autoDelete: true };
    await transport.connect();
    await new Promise((begun) => transport.consume({ queue }, async (delivery) => {
      begun();
      await new Promise((resolve) => setTimeout(resolve, 50));
      await transport.publish({ routingKey: 'exit' }, 'handled');
      if (!delivery.ack()) process.exitCode = 1;
    }).then(() => transport.publish({ routingKey: queue.name }, 'x')));
    await transport.close();`,
  'dialling a host that is silent': `const { createServer } = require('node:net');
    const server = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1').unref();
    await new Promise((resolve) => server.once('listening', resolve));
    for (const scheme of ['rabbit', 'amqps']) {
      const silent = createTransport(scheme + '://127.0.0.1:' + server.address().port + '/');
      const accepted = new Promise((resolve) => server.once('connection', resolve));
      const used = [silent.connect(), silent.consume({ queue: { name: 'q' } }, () => {})].map((use) => use.catch(() => {}));
      await accepted;
      await silent.close();
      await Promise.all(used);
    }
    const open = () => new Promise((resolve) => server.getConnections((_, count) => resolve(count)));
    while ((await open()) > 0) await new Promise(setImmediate);
    server.close();
    await transport.close();`,
  'closing twice, the second time without patience': `await transport.connect();
    transport.publish({ routingKey: 'exit' }, 'x').catch(() => {});
    transport.close({ drainMs: 60_000 });
    await transport.close({ drainMs: 0 });`,
  'waiting for a confirm': `await transport.connect(); transport.publish({ routingKey: 'exit' }, 'x').catch(() => {}); await transport.close({ drainMs: 0 });`,
};

describe('a process', () => {
  it.each(Object.entries(PROGRAMS))('ends by itself after close: %s', async (_, program) => {
    // CommonJS: Deno's -e takes nothing else.
    const code = `(async () => {
      const { createTransport } = require('@leveret/transport');
      const transport = createTransport(process.env.BROKER_URL);
      ${program}
      // A closed handle is gone one turn of the event loop later.
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      process.stdout.write('left: ' + process.getActiveResourcesInfo().filter((name) => /TCP|Timeout|TLS/.test(name)).join());
    })();
    `;
    const child = spawn(process.execPath, ['-e', code], {
      cwd: import.meta.dirname,
      env: { ...process.env, BROKER_URL: broker.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    let closedAt = Number.NaN;
    child.stdout.on('data', (chunk) => {
      said += chunk;
      closedAt = performance.now();
    });
    const [exitCode] = await once(child, 'exit');
    expect({ exitCode, said }).toEqual({ exitCode: 0, said: 'left: ' });
    expect(performance.now() - closedAt).toBeLessThan(1_000);
  });
});
