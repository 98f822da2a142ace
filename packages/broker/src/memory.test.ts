import { describe, expect, it } from 'vitest';
import { Memory } from './memory.js';

function memoryOf(limitBytes: number) {
  const told: string[] = [];
  const memory = new Memory(limitBytes, {
    alarmRaised: (reason) => told.push(`raised: ${reason}`),
    alarmCleared: () => told.push('cleared'),
  });
  return { memory, told };
}

describe('the memory of a broker', () => {
  it('raises the alarm once past the limit, and clears it once at it again', () => {
    const { memory, told } = memoryOf(100);
    memory.account(100);
    expect(told).toEqual([]);
    memory.account(1);
    memory.account(50);
    expect([memory.alarm, memory.usedBytes]).toEqual(['low on memory', 151]);
    memory.account(-50);
    expect(told).toEqual(['raised: low on memory']);
    memory.account(-1);
    expect(told).toEqual(['raised: low on memory', 'cleared']);
    expect(memory.alarm).toBeUndefined();
  });

  it('can be made to raise it, with any reason', () => {
    const { memory, told } = memoryOf(100);
    memory.force('because');
    memory.force('because of something else');
    expect(memory.alarm).toBe('because of something else');
    memory.force(undefined);
    memory.force(undefined);
    expect(told).toEqual(['raised: because', 'cleared']);
  });

  it('keeps it while there are too many bytes, whatever a fault takes back', () => {
    const { memory, told } = memoryOf(100);
    memory.force('because');
    memory.account(200);
    memory.force(undefined);
    expect([told, memory.alarm]).toEqual([['raised: because'], 'low on memory']);
    memory.account(-200);
    expect(told).toEqual(['raised: because', 'cleared']);
  });

  it('keeps it while a fault demands it, however much room there is', () => {
    const { memory, told } = memoryOf(100);
    memory.account(200);
    memory.force('because');
    memory.account(-200);
    expect(told).toEqual(['raised: low on memory']);
    memory.force(undefined);
    expect(told).toEqual(['raised: low on memory', 'cleared']);
  });

  it('has no limit at Infinity', () => {
    const { memory, told } = memoryOf(Number.POSITIVE_INFINITY);
    memory.account(2 ** 50);
    expect(told).toEqual([]);
  });
});
