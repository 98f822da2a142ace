import { describe, expect, it } from 'vitest';
import { check } from './check-health.js';
import { ConnectionLostError } from './errors.js';
import type { Channel, Link } from './link.js';

/** A link whose broker has these queues, and closes a channel that asks for another, as brokers do. */
function linkTo(existing: readonly string[], more: Partial<Link> = {}) {
  const asked: string[] = [];
  let channels = 0;
  let closed = 0;
  const openChannel = async (): Promise<Channel> => {
    channels += 1;
    let open = true;
    return {
      checkQueue: async (name: string) => {
        if (!open) throw new Error('asked on a channel that was closed');
        asked.push(name);
        if (existing.includes(name)) return;
        open = false;
        throw Object.assign(new Error(`with message "NOT_FOUND - no queue '${name}' in vhost '/'"`), { code: 404 });
      },
      close: async () => {
        closed += 1;
      },
    } as unknown as Channel;
  };
  const link = { host: 'h:5672', blocked: false, endReason: undefined, openChannel, ...more } as Link;
  return {
    link,
    asked,
    get channels() {
      return [channels, closed];
    },
  };
}

describe('a check', () => {
  it('finds nothing wrong where all queues exist, and closes its channel', async () => {
    const broker = linkTo(['a', 'b']);
    expect(await check([{ link: broker.link, queues: ['a', 'b'] }], 1_000, undefined)).toEqual([]);
    expect([broker.asked, broker.channels]).toEqual([
      ['a', 'b'],
      [1, 1],
    ]);
  });

  it('names each queue that is missing, and looks for the others all the same', async () => {
    const broker = linkTo(['b']);
    expect(await check([{ link: broker.link, queues: ['a', 'b', 'c'] }], 1_000, undefined)).toEqual([
      "The broker found nothing while looking for queue 'a': NOT_FOUND - no queue 'a' in vhost '/'",
      "The broker found nothing while looking for queue 'c': NOT_FOUND - no queue 'c' in vhost '/'",
    ]);
    expect(broker.asked).toEqual(['a', 'b', 'c']);
  });

  it('does not ask a broker that blocks, for it does not read', async () => {
    const broker = linkTo([], { blocked: true });
    expect(await check([{ link: broker.link, queues: [] }], 1_000, undefined)).toEqual([]);
    expect(broker.channels).toEqual([0, 0]);
  });

  it('tells of a link that is lost meanwhile once', async () => {
    const lost = new ConnectionLostError('h:5672', 'The connection to h:5672 was lost: read ECONNRESET.');
    const { link } = linkTo([], { endReason: lost });
    expect(await check([{ link, queues: ['a', 'b'] }], 1_000, undefined)).toEqual([lost.message]);
  });
});
