import { retryInterceptor } from '@leveret/retry/undici';
import { Agent } from 'undici';

const dispatcher = new Agent({ headersTimeout: 5000 }).compose(
  retryInterceptor({ retries: 4, maxRetryAfterMs: 10_000 }),
);

export async function download(origin: string, path: string): Promise<string> {
  const { statusCode, body } = await dispatcher.request({ origin, path, method: 'GET' });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${path}: ${statusCode}, ${text}`);
  return text;
}
