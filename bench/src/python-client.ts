import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ensureOslo, osloUrl } from '@leveret/tooling-oslo';

/** What `bench_client.py` prints. */
export interface PythonReport {
  readonly per_s: number;
  readonly p50_ms: number | null;
  readonly p99_ms: number | null;
  readonly max_ms: number | null;
  readonly errors: number;
}

const LIMIT_MS = 60_000;

/** Runs the Python client of the tooling to its end. It ends with this process, whose end its stdin hears. */
export async function runPythonClient(
  place: { readonly url: string; readonly topic: string },
  load: { readonly count: number; readonly concurrency: number; readonly size: number },
): Promise<PythonReport> {
  const { python } = await ensureOslo();
  const program = fileURLToPath(new URL('../peers/bench_client.py', import.meta.resolve('@leveret/tooling-oslo')));
  const child = spawn(
    python,
    [
      ...[program, '--url', osloUrl(place.url), '--topic', place.topic, '--end-with-stdin'],
      ...['-n', load.count, '-c', load.concurrency, '--size', load.size].map(String),
    ],
    { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } },
  );
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  let output = '';
  let log = '';
  child.stdin.on('error', () => {});
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-2_000);
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearTimeout(limit);
  if (status !== 0) throw new Error(`bench_client.py ended with status ${status}. ${log.trim()}`);
  return JSON.parse(output) as PythonReport;
}
