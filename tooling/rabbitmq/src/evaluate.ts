import { randomBytes } from 'node:crypto';
import { commandEnvironment, type RabbitmqCoordinates } from './coordinates.ts';
import { RabbitmqToolingError } from './errors.ts';
import { type ProgramResult, runProgram } from './run.ts';

// A program that waits for a frozen or dying broker must not outlive the patience of a test.
const timeoutMs = 20_000;

/** An Erlang binary of this text; as numbers, so that no character of it can mean anything to Erlang. */
export function erlangBinary(text: string): string {
  return `<<${[...Buffer.from(text, 'utf8')].join(',')}>>`;
}

async function run(coordinates: RabbitmqCoordinates, program: string): Promise<ProgramResult> {
  const env = commandEnvironment(coordinates);
  // erl_call takes 6 ms, rabbitmqctl starts an Erlang machine of its own and takes a second.
  if (coordinates.erlCall !== undefined) {
    const address = `127.0.0.1:${coordinates.distributionPort}`;
    // A name of its own: those of -r repeat within a moment, and of two nodes with one name one is refused.
    const name = `leveret-${randomBytes(8).toString('hex')}`;
    const args = ['-address', address, '-h', name, '-timeout', '15', '-fetch_stdout', '-e'];
    return await runProgram(coordinates.erlCall, args, { env, input: program, timeoutMs });
  }
  return await runProgram(coordinates.ctl, ['-n', coordinates.nodeName, 'eval', program], { env, timeoutMs });
}

/**
 * Evaluates one Erlang expression inside the broker and returns its value, which must be what rabbit_json can encode.
 *
 * @throws {RabbitmqToolingError} ERR_LEVERET_TOOLING_CONTROL when the broker is not to be reached or the expression fails.
 */
export async function evaluate(coordinates: RabbitmqCoordinates, doing: string, expression: string): Promise<unknown> {
  // Printed between angle brackets and in Base64, to be found again among what else the command prints.
  const program = `LeveretValue = begin ${expression} end, io:put_chars([$<, base64:encode(iolist_to_binary(rabbit_json:encode(LeveretValue))), $>]), ok.\n`;
  const result = await run(coordinates, program);
  const encoded = /^<([A-Za-z0-9+/=]*)>/m.exec(result.stdout)?.[1];
  if (encoded === undefined) {
    const said = `${result.stdout}${result.stderr}`.replaceAll('\\n', ' ').replace(/\s+/g, ' ').trim();
    const why = said === '' ? 'it did not answer; is it frozen, or has it ended?' : said.slice(0, 600);
    throw new RabbitmqToolingError('ERR_LEVERET_TOOLING_CONTROL', `While ${doing}, the broker failed: ${why}`);
  }
  return JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
}
