/** The command line cannot be used; the message is a sentence that says why, and holds no password. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** What this broker is not, in one sentence. */
export const DISCLAIMER =
  'For development and tests: nothing is stored on disk, one process, no cluster; production is RabbitMQ.';

/** Printed by `--help`. */
export const USAGE: string = `npx @leveret/broker [options]

An AMQP 0-9-1 broker in this terminal, which answers as RabbitMQ does.
${DISCLAIMER}

  --port N               the port to listen on; 0: a free one (default 5672)
  --host ADDRESS         the address to listen on (default 127.0.0.1: this machine only)
  --user NAME:PASSWORD   a user who may do everything; again for more
                         (default guest:guest; with users of your own there is no guest)
  --users-file FILE      the same from a file, separated by white space
  --vhost NAME           a virtual host; again for more (default /)
  --tls-key FILE         speak TLS: the private key, and
  --tls-cert FILE        the certificate, both in PEM
  --heartbeat SECONDS    the heartbeat to propose; 0: none (default 60)
  --json                 print one line of JSON with url, host, port and pid, and nothing else
  --verbose              tell of connections as they come and go, on stderr
  --version              print the version
  --help                 this text

LEVERET_BROKER_USERS holds users as --users-file does: neither shows in the list of processes.

Ctrl-C or SIGTERM ends the broker: clients are told so, 320 CONNECTION_FORCED. Again: at once.
Exit status: 0 ended as asked, 1 could not start, 2 the command line cannot be used.
`;
