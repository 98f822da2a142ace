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
  'waiting for a confirm': `await transport.connect(); transport.publish({ routingKey: 'exit' }, 'x').catch(() => {}); await transport.close({ drainMs: 0 });`,
};

describe('a process', () => {
  it.each(Object.entries(PROGRAMS))('ends by itself after close: %s', async (_, program) => {
    const code = `import { createTransport } from '@leveret/transport';
      const transport = createTransport(process.env.BROKER_URL);
      ${program}
      // A closed handle is gone one turn of the event loop later.
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      process.stdout.write(process.getActiveResourcesInfo().filter((name) => /TCP|Timeout|TLS/.test(name)).join());
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
      cwd: import.meta.dirname,
      env: { ...process.env, BROKER_URL: broker.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let left = '';
    child.stdout.on('data', (chunk) => {
      left += chunk;
    });
    const [exitCode] = await once(child, 'exit');
    expect({ exitCode, left }).toEqual({ exitCode: 0, left: '' });
  });
});
