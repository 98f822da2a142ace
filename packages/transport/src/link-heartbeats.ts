import type { HeartbeatLost, HeartbeatOptions, HeartbeatStall } from '@leveret/heartbeat';

/** What beats: a link, to its heartbeat. */
export interface Beating {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  beat(): void;
  silent(event: HeartbeatLost): void;
  stalled(event: HeartbeatStall): void;
}

/** Heartbeat options by interval: a heartbeat keeps them, so all links of a connection that agree on one share them. */
export class LinkHeartbeats {
  #latest: HeartbeatOptions<Beating> | undefined;

  of(intervalMs: number): HeartbeatOptions<Beating> {
    if (this.#latest?.intervalMs !== intervalMs) {
      this.#latest = {
        intervalMs,
        beat: (link) => link.beat(),
        lost: (event, link) => link.silent(event),
        onStall: (event, link) => link.stalled(event),
      };
    }
    return this.#latest;
  }
}
