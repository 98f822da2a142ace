import { setTimeout as sleep } from 'node:timers/promises';
import { atMost, atMostAtOnce, exactly, told } from '../figure.ts';
import { type HelperProcess, sharedNow, startHelper } from '../helper-process.ts';
import type { ManyClientsAnswer, ManyClientsSettings } from '../many-clients-process.ts';
import { peakWithin } from '../peak.ts';
import type { Scenario } from '../scenario.ts';

const processes = 4;
const clientsEach = 250;
const queue = 'many';

/** A broker dies under a thousand clients, and comes back. */
export const thousandClients: Scenario = {
  name: 'thousand-clients',
  title: '1000 clients after a restart',
  goal: 'peak ≤ 60 connections in 100 ms and all back ≤ 10 s',
  run: async ({ stage, createClient, clientName, note }) => {
    const broker = await stage.broker();
    const { url } = await broker.createVirtualHost();
    const declaring = createClient({ url, queue });
    await declaring.consume(() => {});
    await declaring.close();
    const settings: ManyClientsSettings = {
      client: clientName,
      count: clientsEach,
      url,
      queue,
      publishTimeoutMs: 90_000,
    };
    await using helpers = new AsyncDisposableStack();
    const all = Array.from(
      { length: processes },
      (): HelperProcess => helpers.use(startHelper('many-clients-process.ts', settings)),
    );
    const connected = await Promise.all(all.map((helper) => helper.next<ManyClientsAnswer>()));
    const atFirst = connected.reduce((sum, { confirmed }) => sum + confirmed, 0);

    const answers = Promise.all(all.map((helper) => helper.next<ManyClientsAnswer>()));
    await broker.kill();
    // They have to say something while the broker is away; that it is confirmed proves that a client is back.
    await sleep(200);
    for (const helper of all) helper.send({ publish: true });
    await broker.restart();
    const listeningAt = sharedNow();
    const back = await answers;
    for (const { reasons } of back) for (const reason of reasons) note(reason);
    const lastBackAt = Math.max(...back.map(({ lastConfirmAt }) => lastConfirmAt));
    // Each process has them in order; together they are not.
    const connectedAt = back.flatMap((answer) => answer.connectedAt).sort((a, b) => a - b);
    return [
      atMostAtOnce('peak in 100 ms', peakWithin(100, connectedAt), 60),
      atMost('all back in', lastBackAt - listeningAt, 10_000),
      told('connections', connectedAt.length),
      exactly('connected at first', atFirst, processes * clientsEach),
      exactly(
        'back',
        back.reduce((sum, { confirmed }) => sum + confirmed, 0),
        processes * clientsEach,
      ),
    ];
  },
};
