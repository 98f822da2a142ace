import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { type CommandResult, runCommand } from '../src/run-command.ts';

interface Run extends CommandResult {
  readonly printed: string;
  readonly printedLater: () => string;
}

async function runScript(script: string, signal: AbortSignal = new AbortController().signal): Promise<Run> {
  let printed = '';
  const print = (text: string): void => {
    printed += text;
  };
  const command = [process.execPath, '-e', script];
  const result = await runCommand(command, { cwd: import.meta.dirname, env: process.env, signal, print });
  const length = printed.length;
  return { ...result, printed, printedLater: () => printed.slice(length) };
}

it('passes on what both streams print and the exit code', async () => {
  const { printed, exitCode, tail } = await runScript("console.log('out'); console.error('err'); process.exitCode = 3");
  expect([printed.includes('out\n'), printed.includes('err\n'), exitCode]).toEqual([true, true, 3]);
  expect(tail).toBe(printed);
});

it('closes stdin, so that nothing waits for an answer', async () => {
  const { printed } = await runScript("process.stdin.on('end', () => console.log('no more')).resume()");
  expect(printed).toBe('no more\n');
});

it('says that a program could not be started', async () => {
  let printed = '';
  const { exitCode } = await runCommand(['no-such-program-at-all'], {
    cwd: import.meta.dirname,
    env: process.env,
    signal: new AbortController().signal,
    print: (text) => {
      printed += text;
    },
  });
  expect(exitCode).toBe(127);
  expect(printed).toMatch(/^no-such-program-at-all could not be started: .*ENOENT/);
});

it('ends the command and its children when the signal aborts, even behind a launcher that blocks', async () => {
  const child =
    "const server = require('node:net').createServer().listen(0, '127.0.0.1', () => console.log('port ' + server.address().port))";
  const launcher = `require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' })`;
  const stop = new AbortController();
  let printed = '';
  const { exitCode } = await runCommand([process.execPath, '-e', launcher], {
    cwd: import.meta.dirname,
    env: process.env,
    signal: stop.signal,
    print: (text) => {
      printed += text;
      stop.abort();
    },
  });
  expect(exitCode).toBe(128);
  // Whoever asks for its pid may be told of a zombie; a port is free as soon as its process has ended.
  const port = Number(/port (\d+)/.exec(printed)?.[1]);
  await expect.poll(() => connects(port)).toBe(false);
});

it('does not wait for, nor print, what a process left behind says later', async () => {
  const straggler = "setTimeout(() => console.log('too late'), 3000); setTimeout(() => {}, 3500)";
  const script = `
    const { spawn } = require('node:child_process');
    spawn(process.execPath, ['-e', ${JSON.stringify(straggler)}], { detached: true, stdio: 'inherit' }).unref();
    console.log('done');`;
  const { printed, seconds, printedLater } = await runScript(script);
  expect(printed).toBe('done\n');
  expect(seconds).toBeLessThan(3);
  await expect.poll(() => printedLater(), { timeout: 1500 }).toBe('');
});

async function connects(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
