import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRpcClient } from './client.js';
import { InvalidVersionError } from './errors.js';
import { FakeTransport } from './testing/fake-transport.js';
import { loadVectors, type Vector } from './testing/fixtures.js';
import { isVersionCompatible } from './version.js';

type Outcome = { compatible: boolean } | { error: { class: string } };

describe('the version rule, as oslo.messaging has it', () => {
  const vectors = loadVectors<Vector<{ implemented: string | null; requested: string | null }, Outcome>>(
    'version-compat',
    'version',
  );
  it('has all its cases', () => expect(vectors).toHaveLength(277));

  it.each(vectors)('$id', ({ in: { implemented, requested }, out }) => {
    if ('compatible' in out) {
      expect(isVersionCompatible(implemented, requested)).toBe(out.compatible);
      return;
    }
    let thrown: unknown;
    try {
      isVersionCompatible(implemented, requested);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InvalidVersionError);
    expect((thrown as InvalidVersionError).remoteType).toBe(out.error.class);
  });
});

describe('the version cap, as oslo.messaging has it', () => {
  const vectors = loadVectors<Vector<{ version_cap: string | null; version: string | null }, { can_send: boolean }>>(
    'version-compat',
    'version_cap',
  );
  it('has all its cases', () => expect(vectors).toHaveLength(28));

  it.each(vectors)('$id', async ({ in: { version_cap: versionCap, version }, out }) => {
    const transport = new FakeTransport();
    const client = createRpcClient(transport, { topic: 't', version }, { versionCap });
    expect(client.canSendVersion()).toBe(out.can_send);
    expect(client.canSendVersion(version)).toBe(out.can_send);
    if (out.can_send) await client.cast('m');
    else await expect(client.cast('m')).rejects.toMatchObject({ code: 'ERR_LEVERET_VERSION_CAP', version, versionCap });
    expect(transport.published).toHaveLength(out.can_send ? 1 : 0);
  });
});

it('takes a message of its own version, and of every smaller minor one', () => {
  const number = fc.nat(1000);
  fc.assert(
    fc.property(number, number, number, (major, minor, less) => {
      expect(isVersionCompatible(`${major}.${minor}`, `${major}.${minor}`)).toBe(true);
      expect(isVersionCompatible(`${major}.${minor + less}`, `${major}.${minor}`)).toBe(true);
      expect(isVersionCompatible(`${major}.${minor}`, `${major}.${minor + less + 1}`)).toBe(false);
    }),
  );
});

it('is not swayed by what was compared before', () => {
  const outcomeOf = (implemented: string, requested: string): unknown => {
    try {
      return isVersionCompatible(implemented, requested);
    } catch (error) {
      return (error as InvalidVersionError).code;
    }
  };
  const expected = [
    ['1.1', '1.0', true],
    ['1.0', '1.1', false],
    ['2.0', '1.0', false],
    ['1.0', 'x.0', 'ERR_LEVERET_INVALID_VERSION'],
    ['x.0', '1.0', 'ERR_LEVERET_INVALID_VERSION'],
  ] as const;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...expected)), (comparisons) => {
      for (const [implemented, requested, outcome] of comparisons) {
        expect(outcomeOf(implemented, requested)).toBe(outcome);
      }
    }),
  );
});
