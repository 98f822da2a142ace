import { describe, expect, it } from 'vitest';
import { resolveOptions } from './options.js';
import { resolveEntities } from './resolve-entities.js';

const { entities } = resolveOptions({ env: false, oslo: { rabbit_ha_queues: true, amqp_durable_queues: true } }, '0');

describe('entities of what is built on a transport', () => {
  it('are the transport’s, but for what is said otherwise', () => {
    expect(resolveEntities(entities, {}, 1)).toEqual(entities);
    expect(resolveEntities(entities, { durable: false, autoDelete: undefined as never }, 1)).toEqual({
      ...entities,
      durable: false,
    });
  });

  it('are refused when they cannot be, or do not go together', () => {
    expect(() => resolveEntities(entities, { quorum: 'yes' as never }, 1)).toThrow(
      'entities.quorum must be true or false.',
    );
    expect(() => resolveEntities(entities, { quorum: true }, 1)).toThrow('Configuration Error');
    const stream = { mirrored: false, streamFanout: true, transientQuorum: true };
    expect(() => resolveEntities(entities, stream, 0)).toThrow('greater than 0');
    expect(resolveEntities(entities, stream, 1)).toMatchObject(stream);
  });
});
