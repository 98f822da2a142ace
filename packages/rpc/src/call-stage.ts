/**
 * Where a call died:
 * - `not-begun`: nothing was left of the time of the request whose method made the call; nothing was sent.
 * - `reply-queue`: while its reply queue was set up; nothing was sent.
 * - `publish`: the broker has not confirmed the request.
 * - `reply`: the broker has the request, and no reply came.
 * - `working`: no reply came, and the server said that the method still ran (call monitor).
 * - `validation`: while an asynchronous schema of the contract had the arguments, and nothing was sent, or the result.
 * - `heartbeat`: the server has stopped to say so (call monitor).
 */
export type CallStage = 'not-begun' | 'reply-queue' | 'publish' | 'reply' | 'working' | 'validation' | 'heartbeat';

/** What there is to say of a call that ended without its reply. */
export interface StageFacts {
  readonly stage: CallStage;
  /** The limit that was reached. */
  readonly timeoutMs: number;
  readonly lastHeartbeatAgoMs: number | null;
  /** The limit is what was left of the time of the request whose method made the call. */
  readonly inherited?: boolean;
}

/** The rest of a sentence that begins with the call. */
export function describeStage({ stage, timeoutMs, lastHeartbeatAgoMs, inherited = false }: StageFacts): string {
  const whose =
    inherited && stage !== 'heartbeat' ? ' that were left of the time of the request whose method made it,' : ',';
  const after = `timed out after ${timeoutMs} ms${whose}`;
  switch (stage) {
    case 'not-begun':
      return 'was not begun: nothing is left of the time of the request whose method made it, and nothing was sent.';
    case 'reply-queue':
      return `${after} setting up the reply queue; is the broker reachable?`;
    case 'publish':
      return `${after} waiting for the broker to confirm the request; is the broker reachable, and does it not block publishers?`;
    case 'reply':
      return `${after} waiting for the reply; is a server of this target running, and fast enough?`;
    case 'working':
      return `${after} waiting for the reply while the method still ran: its server last said so ${lastHeartbeatAgoMs} ms before. It needs a longer timeoutMs, or less work.`;
    case 'validation':
      return `${after} waiting for a schema of the contract to validate the arguments or the result.`;
    case 'heartbeat':
      return `${after} waiting for a heartbeat of the running method, ${lastHeartbeatAgoMs === null ? 'and none had come' : 'after others had come'}; its server has stopped, or knows no call monitor.`;
  }
}
