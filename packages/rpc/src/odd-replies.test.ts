import * as fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { encodeEnvelope } from './envelope.js';
import { request, setUpClient } from './testing/client-setup.js';

const turn = () => new Promise(setImmediate);
const textless = { toString: null };

it('a reply whose message id has no text is malformed, and harms no call', async () => {
  const { transport, client, events } = setUpClient();
  const call = client.call('m');
  await turn();
  const { _msg_id: id, _reply_q: queue } = request(transport);
  transport.inject(String(queue), encodeEnvelope({ result: 1, failure: null, ending: true, _msg_id: textless }));
  transport.inject(String(queue), encodeEnvelope({ result: 2, failure: null, ending: true, _msg_id: id }));
  expect(await call).toBe(2);
  expect(events.map(({ type }) => type)).toEqual(['reply-malformed']);
  await client.close();
});

it('a failure whose traceback has no text is told all the same', async () => {
  const { transport, client } = setUpClient();
  const call = client.call('m');
  await turn();
  const { _msg_id: id, _reply_q: queue } = request(transport);
  const failure = JSON.stringify({ class: 'ValueError', module: 'builtins', message: 'no', tb: ['a\n', textless, 3] });
  transport.inject(String(queue), encodeEnvelope({ result: null, failure, ending: true, _msg_id: id }));
  await expect(call).rejects.toMatchObject({
    remoteType: 'ValueError',
    remoteTraceback: ['a\n', '{"toString":null}', '3'],
  });
  await client.close();
});

it('whatever stands in a reply, its call ends once, and the next one works', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  const odd = fc.constantFrom<unknown>(textless, JSON.parse('{"__proto__":{"a":1}}'), [], {}, '', 0, false, true, null);
  const failure = fc
    .dictionary(
      fc.constantFrom('class', 'module', 'message', 'tb', 'args', 'kwargs', '__proto__'),
      fc.oneof(odd, fc.array(odd)),
    )
    .map((fields) => JSON.stringify(fields));
  const value = fc.oneof(odd, fc.jsonValue(), failure);
  const fields = fc.constantFrom('result', 'failure', '_unique_id', '__proto__', 'constructor', 'extra');
  const { transport, client } = setUpClient();
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fields, value, { maxKeys: 3 }), async (odds) => {
      let ends = 0;
      const ended = () => {
        ends += 1;
      };
      void client.call('m').then(ended, ended);
      await turn();
      const { _msg_id: id, _reply_q: queue } = request(transport);
      transport.inject(String(queue), encodeEnvelope({ ...odds, ending: true, _msg_id: id }));
      await turn();
      expect(ends).toBe(1);
    }),
    { numRuns: 300 },
  );
  await client.close();
  process.off('unhandledRejection', unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});
