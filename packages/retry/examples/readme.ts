import { exponential, jittered, retry, retryInfo } from '@leveret/retry';
import { timeLimit } from '@leveret/retry/timeout';

const policy = { backoff: jittered(exponential({ maxMs: 200 }), 'equal'), retries: 4, attemptTimeout: timeLimit(1000) };

const answer = await retry(({ number }) => {
  if (number < 3) throw new Error(`attempt ${number} failed`);
  return `attempt ${number} succeeded`;
}, policy);
console.log(answer);

try {
  await retry(() => Promise.reject(new Error('never mind')), { ...policy, retries: 1 });
} catch (error) {
  console.log(`${error}, after ${retryInfo(error)?.attempts} attempts`);
}
