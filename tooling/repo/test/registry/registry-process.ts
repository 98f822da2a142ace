// A registry on loopback, in a process of its own: verdaccio, with what is published to it and nothing from elsewhere.
// Its argument is the folder that it keeps all in. Sends its port to the process that forked it, and ends with that.

import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runServer } from 'verdaccio';

const [, , folder = ''] = process.argv;

process.once('disconnect', () => process.exit());

const server: Server = await runServer({
  configPath: join(folder, 'config.yaml'),
  self_path: join(folder, 'config.yaml'),
  storage: join(folder, 'storage'),
  auth: { htpasswd: { file: join(folder, 'htpasswd') } },
  uplinks: {},
  packages: { '**': { access: '$all', publish: '$authenticated' } },
  web: { enable: false },
  log: { type: 'stdout', format: 'json', level: 'error' },
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
