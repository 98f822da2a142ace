import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nextQueueId, type QueueManagerOptions } from './queue-manager.js';

let folder: string;
let options: QueueManagerOptions;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leveret-queue-manager-'));
  options = { hostName: 'node1', processName: 'api', folder, processes: join(folder, 'proc') };
  group(42, 1000);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** As if this process were in such a group, of a program with an awkward name. */
function group(id: number, start: number): void {
  const stat = (pid: number) => `${pid} (a) b c) S 1 ${id} ${id}${' 0'.repeat(15)} ${start} 0 0`;
  for (const pid of ['self', String(id), String(process.pid)]) {
    mkdirSync(join(folder, 'proc', pid), { recursive: true });
    writeFileSync(join(folder, 'proc', pid, 'stat'), stat(id));
  }
}

const file = () => join(folder, 'node1_api_qmanager');

describe('the queue manager', () => {
  it('counts from 1, in a file that oslo.messaging reads too', () => {
    expect(nextQueueId(options)).toBe('node1:api:1');
    expect(nextQueueId(options)).toBe('node1:api:2');
    expect(readFileSync(file(), 'utf8')).toBe('42:2:1000');
  });

  it('goes on with a count that oslo.messaging wrote', () => {
    writeFileSync(file(), '42:7:1000');
    expect(nextQueueId(options)).toBe('node1:api:8');
  });

  it.each([
    ['another process group', '41:7:1000'],
    ['a group of the same number that was started at another time', '42:7:999'],
    ['a file that cannot be read', 'x'],
    ['an empty file', ''],
  ])('starts over after %s', (_name, text) => {
    writeFileSync(file(), text);
    expect(nextQueueId(options)).toBe('node1:api:1');
  });

  it('takes this process where there is no process group, as in some containers', () => {
    group(0, 77);
    expect(nextQueueId(options)).toBe('node1:api:1');
    expect(readFileSync(file(), 'utf8')).toBe('0:1:77');
  });

  it.each([
    ['goes on', '42:7:1000', 'node1:api:8', '42:8:1000'],
    ['starts over after another group', '41:7:1000', 'node1:api:1', '42:1:0'],
  ])('%s when the process that its group is named after has ended', (_name, text, id, left) => {
    rmSync(join(folder, 'proc', '42'), { recursive: true });
    writeFileSync(file(), text);
    expect(nextQueueId(options)).toBe(id);
    expect(readFileSync(file(), 'utf8')).toBe(left);
  });

  it('leaves no lock behind, and passes one that a dead process left', () => {
    const lock = `${file()}.lock`;
    writeFileSync(lock, '');
    const longAgo = new Date(Date.now() - 10_000);
    utimesSync(lock, longAgo, longAgo);
    expect(nextQueueId(options)).toBe('node1:api:1');
    expect(readdirSync(folder).sort()).toEqual(['node1_api_qmanager', 'proc']);
  });

  it('says where it does not work', () => {
    expect(() => nextQueueId({ ...options, processes: join(folder, 'none') })).toThrow(/queueManager counts .*ENOENT/);
    expect(() => nextQueueId({ ...options, folder: join(folder, 'none') })).toThrow(/queueManager counts .*ENOENT/);
    expect(() => nextQueueId({ ...options, processName: 'a/b' })).toThrow('must not hold a /');
  });
});
