/** The command line cannot be used; the message is a sentence that says why. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** Where the demo's broker listens when it has a terminal of its own. */
export const defaultPort = 5680;

/** The same, as the URL that its servers and clients connect to. */
export const defaultUrl: string = urlAt(defaultPort);

/** The URL of the demo's broker at a port of this machine. */
function urlAt(port: number): string {
  return `amqp://guest:guest@127.0.0.1:${port}/%2F`;
}

/** Printed by `--help`. */
export const usage: string = `A compute service in the small: three servers, a client, and a broker whose
connections are cut under them.

  npm run demo                 all in one process, the broker too
  npm run demo -- [options]

  --processes        the same with a process for each: broker, servers, client
  --rabbitmq         start a RabbitMQ, which ends with the demo
  --url URL          use this RabbitMQ: amqp://user:password@host:5672/vhost
                     (default: LEVERET_RABBITMQ_URL, if it is set)
  --oslo             a fourth server, in Python with oslo.messaging
  --calls N          how many calls in all, 100 to 1 000 000 (default 5000)
  --concurrency N    how many at a time, 1 to 1 000 (default 50)
  --json             print the figures only, as one JSON object
  --once             end when all is done; the demo always does
  --help             this text

One part of it, in a terminal of its own, until Ctrl-C or the end of the load:

  npm run demo -- broker [--port N]               (default port ${defaultPort})
  npm run demo -- server [--url URL] [--name NAME]
  npm run demo -- client [--url URL] [--oslo --calls N --concurrency N --json]
                     (default URL: that of the broker part)

Exit status: 0 nothing was lost, 1 something was, or it could not run,
2 unusable options, 130 ended by Ctrl-C (a second Ctrl-C ends at once).
`;
