import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.ts';

const load = { oslo: false, json: false, calls: 5000, concurrency: 50 };
const url = 'amqp://guest:S3cret@rabbit/';

describe('the command line', () => {
  it.each([
    [[], {}, { part: 'whole', broker: { kind: 'embedded' }, processes: false, ...load }],
    [['--rabbitmq'], {}, { part: 'whole', broker: { kind: 'rabbitmq' }, processes: false, ...load }],
    [['--url', url], {}, { part: 'whole', broker: { kind: 'url', url }, processes: false, ...load }],
    [[], { LEVERET_RABBITMQ_URL: url }, { part: 'whole', broker: { kind: 'url', url }, processes: false, ...load }],
    [[], { LEVERET_RABBITMQ_URL: '' }, { part: 'whole', broker: { kind: 'embedded' }, processes: false, ...load }],
    [
      ['--rabbitmq', '--processes'],
      { LEVERET_RABBITMQ_URL: url },
      { part: 'whole', broker: { kind: 'rabbitmq' }, processes: true, ...load },
    ],
    [['broker'], {}, { part: 'broker', port: 5680 }],
    [['broker', '--port', '0'], {}, { part: 'broker', port: 0 }],
    [['server', '--name', 'a-1'], {}, { part: 'server', url: 'amqp://guest:guest@127.0.0.1:5680/%2F', name: 'a-1' }],
    [
      ['client', '--json', '--calls', '100', '--concurrency=1', '--oslo'],
      {},
      {
        part: 'client',
        url: 'amqp://guest:guest@127.0.0.1:5680/%2F',
        oslo: true,
        json: true,
        calls: 100,
        concurrency: 1,
      },
    ],
    [['broker', '--help', '--calls', '1'], {}, 'help'],
  ])('%j with %j in the environment asks for that', (args, env, options) => {
    expect(parseOptions(args, env)).toEqual(options);
  });

  it('names a server after its process, so that several do not meet', () => {
    expect(parseOptions(['server'], {})).toMatchObject({ name: `host-${process.pid}` });
  });

  const stray =
    'Every argument but broker, server and client belongs behind an option; and npm passes options on behind two dashes: npm run demo -- --url URL.';

  it.each([
    [['--frob'], 'There is no option --frob.'],
    [['--calls', '99'], '--calls must be a whole number from 100 to 1000000.'],
    [['--concurrency', 'many'], '--concurrency must be a whole number from 1 to 1000.'],
    [['broker', '--port', '65536'], '--port must be a whole number from 0 to 65535.'],
    [['--url'], 'The option --url lacks its value, or has one and takes none.'],
    [['--url='], '--url needs a URL, such as amqp://user:password@host:5672/vhost.'],
    [['--oslo=yes'], 'The option --oslo lacks its value, or has one and takes none.'],
    [['--url', url, '--rabbitmq'], '--url and --rabbitmq exclude each other.'],
    [['server', '--calls', '200'], 'The option --calls is for other parts than server.'],
    [['--port', '5672'], 'The option --port is for broker or server only.'],
    [['server', '--name', 'a.b'], '--name takes up to 64 letters, digits, hyphens and underscores.'],
    [[url], stray],
    [['broker', 'server'], stray],
  ])('%j is refused', (args, sentence) => {
    expect(() => parseOptions(args, {})).toThrow(sentence);
  });
});
