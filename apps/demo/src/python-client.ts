import { startOsloClient } from '@leveret/tooling-oslo';
import { duration } from './report.ts';

/** What a Python client was told by a server of ours. */
export interface PythonFinding {
  readonly answered: boolean;
  /** As a sentence. */
  readonly text: string;
}

/** The other way round: a Python client calls a TypeScript server. @throws the tooling's errors when it does not start. */
export async function callFromPython(
  target: { readonly url: string; readonly exchange: string; readonly topic: string },
  host: string,
): Promise<PythonFinding> {
  const client = await startOsloClient(target);
  try {
    const args = { instance_id: 'vm-0' };
    const answer = await client.request({ method: 'describe', args, server: host, timeout: 10 });
    if (!answer.ok) return { answered: false, text: `a Python client got ${answer.error.class}: ${answer.error.str}` };
    const answered = (answer.result as { host?: unknown } | null)?.host === host;
    return { answered, text: `a Python client was answered by ${host} in ${duration(answer.elapsed_ms)}` };
  } finally {
    await client.stop();
  }
}
