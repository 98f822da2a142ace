import { runProgram } from '@leveret/tooling-rabbitmq';
import { OsloToolingError } from './errors.ts';
import { ensureOslo } from './find-oslo.ts';
import { type OsloPeerOptions, type OsloProgram, type PeerLine, peerArguments } from './peer.ts';

/**
 * Runs a peer to its end and returns the lines it printed: `bench_client`, or `notify` with `args: ['send', …]`.
 *
 * @throws {OsloToolingError} ERR_LEVERET_TOOLING_NO_OSLO; ERR_LEVERET_TOOLING_PEER_ENDED when its exit status is not 0.
 */
export async function runOsloPeer(
  program: OsloProgram,
  options: OsloPeerOptions,
  timeoutMs = 120_000,
): Promise<PeerLine[]> {
  const { python } = await ensureOslo();
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const result = await runProgram(python, peerArguments(program, options), { env, timeoutMs });
  if (result.status !== 0) {
    throw new OsloToolingError(
      'ERR_LEVERET_TOOLING_PEER_ENDED',
      `The Python peer ${program}.py failed (status ${result.status}). It said:\n${`${result.stdout}\n${result.stderr}`.trim()}`,
    );
  }
  return result.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PeerLine);
}
