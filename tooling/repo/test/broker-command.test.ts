import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listPublished } from '../src/workspaces.ts';
import { startCommand } from './command.ts';
import { buildAll } from './packed.ts';
import { listRuntimes } from './runtimes.ts';
import { installTarball, pack } from './tarball.ts';

describe('@leveret/broker, packed, as a command', () => {
  const broker = listPublished().find(({ manifest }) => manifest.name === '@leveret/broker');
  let below: string;
  let project: string;

  beforeAll(async () => {
    if (broker === undefined) throw new Error('there is no package @leveret/broker');
    below = mkdtempSync(join(tmpdir(), 'leveret-command-'));
    await buildAll();
    project = await installTarball(await pack(broker, below), below);
  });
  afterAll(() => rmSync(below, { recursive: true, force: true }));

  describe.each(listRuntimes().filter(({ node }) => node))('on $name', (runtime) => {
    it('says its version', async () => {
      const { ended } = startCommand(runtime, project, ['@leveret/broker', '--version']);
      expect(await ended).toEqual({ status: 0, stdout: `${broker?.manifest.version}\n`, stderr: '' });
    });

    it('is a broker until it is told to end', async () => {
      const { ended, firstLine } = startCommand(runtime, project, ['@leveret/broker', '--port', '0', '--json']);
      const { host, port, pid } = JSON.parse(await firstLine) as { host: string; port: number; pid: number };
      try {
        expect(await firstOctet(host, port, 'AMQP\0\0\u0009\u0001')).toBe(1);
      } finally {
        process.kill(pid, 'SIGTERM');
      }
      expect(await ended).toMatchObject({ status: 0, stderr: '' });
    });

    it('does not outlive the npx that started it', async () => {
      const { ended, firstLine, terminate } = startCommand(runtime, project, [
        '@leveret/broker',
        '--port',
        '0',
        '--json',
      ]);
      await firstLine;
      terminate();
      expect(await ended).toMatchObject({ stderr: '' });
    });
  });
});

/** Sends octets to a server, and resolves with the first one of its answer. */
async function firstOctet(host: string, port: number, octets: string): Promise<number | undefined> {
  const socket = connect(port, host);
  try {
    socket.write(octets, 'latin1');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer[0];
  } finally {
    socket.destroy();
  }
}
