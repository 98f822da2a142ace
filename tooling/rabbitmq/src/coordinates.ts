/**
 * All there is to know about a broker that this tooling started, as plain data: it goes through JSON to another process,
 * and {@link createControl} makes the operator's commands of it there.
 */
export interface RabbitmqCoordinates {
  readonly hostname: string;
  /** AMQP. */
  readonly port: number;
  /** The administrator that the broker was started with. */
  readonly username: string;
  readonly password: string;
  /** Process id of the Erlang machine. */
  readonly pid: number;
  readonly nodeName: string;
  /** Erlang distribution, over which erl_call speaks. */
  readonly distributionPort: number;
  readonly epmdPort: number;
  /** Holds everything of this broker, its Erlang cookie too; it is the HOME of every command. */
  readonly folder: string;
  readonly ctl: string;
  readonly erlCall: string | undefined;
}

/** The AMQP URL of a virtual host. */
export function amqpUrl(
  { hostname, port, username, password }: Pick<RabbitmqCoordinates, 'hostname' | 'port' | 'username' | 'password'>,
  virtualHost = '/',
): string {
  const [user, secret, vhost] = [username, password, virtualHost].map(encodeURIComponent);
  return `amqp://${user}:${secret}@${hostname}:${port}/${vhost}`;
}

/** The environment in which RabbitMQ's own commands find this broker, and nothing of the machine's. */
export function commandEnvironment(
  coordinates: Pick<RabbitmqCoordinates, 'folder' | 'epmdPort' | 'nodeName'>,
): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: coordinates.folder,
    ERL_EPMD_PORT: String(coordinates.epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: coordinates.nodeName,
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_LOG_BASE: `${coordinates.folder}/log`,
    RABBITMQ_MNESIA_BASE: `${coordinates.folder}/data`,
  };
}
