import { describe, expect, it } from 'vitest';
import { HeartbeatOptionError } from './errors.js';
import { negotiate } from './negotiate.js';

describe('negotiate', () => {
  it.each([
    // client, server, py-amqp, rabbitmq, client-wins
    [undefined, 0, 0, 0, 0],
    [undefined, 60, 60, 60, 60],
    [0, 0, 0, 0, 0],
    [0, 60, 0, 60, 0],
    [30, 0, 30, 30, 30],
    [30, 60, 30, 30, 30],
    [60, 30, 30, 30, 60],
    [65_535, 65_535, 65_535, 65_535, 65_535],
  ])(
    'of %s and %d is %d as py-amqp, %d as rabbitmq, %d as client-wins',
    (client, server, pyAmqp, rabbitmq, clientWins) => {
      expect(negotiate(client, server)).toBe(pyAmqp);
      expect(negotiate(client, server, 'py-amqp')).toBe(pyAmqp);
      expect(negotiate(client, server, 'rabbitmq')).toBe(rabbitmq);
      expect(negotiate(client, server, 'client-wins')).toBe(clientWins);
    },
  );

  it.each([-1, 0.5, 65_536, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d seconds on either side', (seconds) => {
    expect(() => negotiate(seconds, 60)).toThrow(HeartbeatOptionError);
    expect(() => negotiate(60, seconds)).toThrow(expect.objectContaining({ option: 'server', value: seconds }));
  });
});
