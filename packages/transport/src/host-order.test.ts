import { describe, expect, it } from 'vitest';
import { HostOrder } from './host-order.js';

describe('HostOrder', () => {
  it('tries a host that has failed last, and the one that failed longest ago before it', () => {
    const order = new HostOrder(['a', 'b', 'c'], 'given');
    order.failed('a');
    expect(order.hosts).toEqual(['b', 'c', 'a']);
    order.failed('c');
    order.failed('b');
    expect(order.hosts).toEqual(['a', 'c', 'b']);
  });

  it('leaves a single host where it is', () => {
    const order = new HostOrder(['a'], 'shuffle');
    order.failed('a');
    expect(order.hosts).toEqual(['a']);
  });

  it('starts each connection on another host, and forgets none', () => {
    const hosts = ['a', 'b', 'c'];
    const orders = Array.from({ length: 200 }, () => new HostOrder(hosts, 'shuffle').hosts);
    for (const order of orders) expect(order.toSorted()).toEqual(hosts);
    expect(new Set(orders.map((order) => order.join(''))).size).toBe(6);
  });
});
