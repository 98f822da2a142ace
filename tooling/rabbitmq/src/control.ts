import { randomBytes } from 'node:crypto';
import { amqpUrl, type RabbitmqCoordinates } from './coordinates.ts';
import { erlangBinary as bin, evaluate } from './evaluate.ts';
import { openTlsListener, type TlsListener, type TlsListenerOptions } from './tls-listener.ts';

/** A virtual host, and the administrator's URL of it. */
export interface VirtualHost {
  readonly name: string;
  readonly url: string;
}

/** A client's connection, as the broker sees it. */
export interface ConnectionInfo {
  /** The broker's name of it: `127.0.0.1:40000 -> 127.0.0.1:21672`. */
  readonly name: string;
  readonly virtualHost: string;
  readonly user: string;
  /** The client's port, which tells two connections of one process apart. */
  readonly peerPort: number;
  /** `running`, `blocking`, `blocked`, `tuning`… */
  readonly state: string;
  readonly channels: number;
  /** The client property connection_name; empty when the client gave none. */
  readonly connectionName: string;
}

/** A queue, asked from its own process: the numbers are those of this moment. */
export interface QueueInfo {
  readonly name: string;
  /** Ready and unacknowledged together. */
  readonly messages: number;
  readonly messagesReady: number;
  readonly messagesUnacknowledged: number;
  readonly consumers: number;
  readonly durable: boolean;
  readonly autoDelete: boolean;
}

/** What a user may configure, write and read in one virtual host: regular expressions. Default: all of it. */
export interface Permissions {
  /** Default: `/`. */
  readonly virtualHost?: string;
  readonly configure?: string;
  readonly write?: string;
  readonly read?: string;
}

/**
 * What an operator can do to a broker that runs. Every command throws a RabbitmqToolingError
 * (ERR_LEVERET_TOOLING_CONTROL) when the broker is not to be reached or refuses.
 */
export interface RabbitmqControl {
  readonly coordinates: RabbitmqCoordinates;
  readonly hostname: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  /** The URL of the virtual host `/`. */
  readonly url: string;
  /** The URL of a virtual host, as the administrator or as another user. */
  urlOf(virtualHost: string, user?: { readonly username: string; readonly password: string }): string;
  /** Creates a virtual host in which the administrator may do everything. Default name: a new one. */
  createVirtualHost(name?: string): Promise<VirtualHost>;
  /** Deletes a virtual host with all that is in it; its connections are closed by the broker. */
  deleteVirtualHost(name: string): Promise<void>;
  /** Creates a user who may do everything in the virtual host `/`, or what the permissions say. */
  addUser(username: string, password: string, permissions?: Permissions): Promise<void>;
  deleteUser(username: string): Promise<void>;
  changePassword(username: string, password: string): Promise<void>;
  setPermissions(username: string, permissions?: Permissions): Promise<void>;
  /** Takes all permissions of all virtual hosts away: the user authenticates, and is refused every virtual host. */
  refuseUser(username: string): Promise<void>;
  connections(virtualHost?: string): Promise<ConnectionInfo[]>;
  /**
   * Closes connections as an operator does: the client is sent connection.close, 320 CONNECTION_FORCED, with the reason.
   * Returns how many it closed. Default: all of them.
   */
  closeConnections(reason?: string, options?: { match?(connection: ConnectionInfo): boolean }): Promise<number>;
  queues(virtualHost: string): Promise<QueueInfo[]>;
  exchanges(virtualHost: string): Promise<string[]>;
  /** Deletes a queue whatever is in it, as an operator; its consumers are told with basic.cancel. */
  deleteQueue(virtualHost: string, name: string): Promise<void>;
  /** Deletes an exchange with its bindings, as an operator: nobody is told. */
  deleteExchange(virtualHost: string, name: string): Promise<void>;
  /** Takes the memory limit to nothing: the broker blocks every connection that publishes. */
  raiseMemoryAlarm(): Promise<void>;
  /** Puts the memory limit back to its default of 0.4, and unblocks. */
  clearMemoryAlarm(): Promise<void>;
  /**
   * Opens a port for AMQP over TLS, within milliseconds, with certificates of {@link makeCertificates}. It is there until it
   * is closed or the broker ends; a broker that is restarted by this process opens it again.
   */
  listenTls(options?: TlsListenerOptions): Promise<TlsListener>;
  /** Evaluates an Erlang expression in the broker; for what has no command here. */
  evaluate(expression: string): Promise<unknown>;
}

const actor = bin('leveret');

/** The operator's commands to a broker, from its coordinates alone: works in any process of the machine. */
export function createControl(coordinates: RabbitmqCoordinates): RabbitmqControl {
  const ask = (doing: string, expression: string): Promise<unknown> => evaluate(coordinates, doing, expression);
  const tell = async (doing: string, expression: string): Promise<void> => {
    await ask(doing, `${expression}, true`);
  };
  const listed = async (): Promise<(ConnectionInfo & { pid: string })[]> =>
    (await ask('listing connections', connectionsExpression)) as (ConnectionInfo & { pid: string })[];
  const setPermissions = (username: string, permissions: Permissions = {}): Promise<void> => {
    const { virtualHost = '/', configure = '.*', write = '.*', read = '.*' } = permissions;
    const args = [username, virtualHost, configure, write, read].map(bin).join(', ');
    return tell(
      `giving ${username} permissions in ${virtualHost}`,
      `ok = rabbit_auth_backend_internal:set_permissions(${args}, ${actor})`,
    );
  };

  return {
    coordinates,
    hostname: coordinates.hostname,
    port: coordinates.port,
    username: coordinates.username,
    password: coordinates.password,
    url: amqpUrl(coordinates),
    urlOf: (virtualHost, user) => amqpUrl({ ...coordinates, ...user }, virtualHost),
    createVirtualHost: async (name = `leveret-${randomBytes(6).toString('hex')}`) => {
      await tell(`creating the virtual host ${name}`, `ok = rabbit_vhost:add(${bin(name)}, ${actor})`);
      await setPermissions(coordinates.username, { virtualHost: name });
      return { name, url: amqpUrl(coordinates, name) };
    },
    deleteVirtualHost: (name) =>
      tell(`deleting the virtual host ${name}`, `rabbit_vhost:delete(${bin(name)}, ${actor})`),
    addUser: async (username, password, permissions) => {
      await tell(
        `adding the user ${username}`,
        `ok = rabbit_auth_backend_internal:add_user(${bin(username)}, ${bin(password)}, ${actor})`,
      );
      await setPermissions(username, permissions);
    },
    deleteUser: (username) =>
      tell(
        `deleting the user ${username}`,
        `ok = rabbit_auth_backend_internal:delete_user(${bin(username)}, ${actor})`,
      ),
    changePassword: (username, password) =>
      tell(
        `changing the password of ${username}`,
        `ok = rabbit_auth_backend_internal:change_password(${bin(username)}, ${bin(password)}, ${actor})`,
      ),
    setPermissions,
    refuseUser: (username) =>
      tell(
        `taking the permissions of ${username}`,
        `[ok = rabbit_auth_backend_internal:clear_permissions(${bin(username)}, VirtualHost, ${actor}) || VirtualHost <- rabbit_vhost:list_names()]`,
      ),
    connections: async (virtualHost) =>
      (await listed())
        .map(({ pid: _pid, ...connection }) => connection)
        .filter((connection) => virtualHost === undefined || connection.virtualHost === virtualHost),
    closeConnections: async (reason = 'closed by an operator', { match = () => true } = {}) => {
      const pids = (await listed()).filter(match).map(({ pid }) => `list_to_pid("${pid}")`);
      // One that closed by itself meanwhile is not an error; it only does not count.
      const expression = `length([closed || Pid <- [${pids.join(', ')}], try ok =:= rabbit_networking:close_connection(Pid, ${bin(reason)}) catch _:_ -> false end])`;
      return (await ask('closing connections', expression)) as number;
    },
    queues: async (virtualHost) =>
      (await ask(`listing the queues of ${virtualHost}`, queuesExpression(virtualHost))) as QueueInfo[],
    exchanges: async (virtualHost) =>
      (await ask(
        `listing the exchanges of ${virtualHost}`,
        `[Name || #{name := Name} <- [#{name => element(4, element(2, Exchange))} || Exchange <- rabbit_exchange:list(${bin(virtualHost)})]]`,
      )) as string[],
    deleteQueue: (virtualHost, name) =>
      tell(
        `deleting the queue ${name} of ${virtualHost}`,
        `{ok, _} = rabbit_amqqueue:with(rabbit_misc:r(${bin(virtualHost)}, queue, ${bin(name)}), fun(Queue) -> rabbit_amqqueue:delete(Queue, false, false, ${actor}) end)`,
      ),
    deleteExchange: (virtualHost, name) =>
      tell(
        `deleting the exchange ${name} of ${virtualHost}`,
        `ok = rabbit_exchange:delete(rabbit_misc:r(${bin(virtualHost)}, exchange, ${bin(name)}), false, ${actor})`,
      ),
    raiseMemoryAlarm: () => tell('raising the memory alarm', 'vm_memory_monitor:set_vm_memory_high_watermark(0.0)'),
    clearMemoryAlarm: () => tell('clearing the memory alarm', 'vm_memory_monitor:set_vm_memory_high_watermark(0.4)'),
    listenTls: (options = {}) => openTlsListener(coordinates, options),
    evaluate: (expression) => ask('evaluating an expression', expression),
  };
}

// A connection may close while it is asked about itself: it is left out.
const connectionsExpression = `lists:flatmap(fun(Pid) ->
  try
    [{_, Name}, {_, VirtualHost}, {_, User}, {_, PeerPort}, {_, State}, {_, Channels}, {_, Properties}] =
      rabbit_networking:connection_info(Pid, [name, vhost, user, peer_port, state, channels, client_properties]),
    [#{pid => list_to_binary(pid_to_list(Pid)), name => Name, virtualHost => VirtualHost, user => User, peerPort => PeerPort, state => State, channels => Channels,
       connectionName => hd([Value || {<<"connection_name">>, longstr, Value} <- Properties] ++ [<<>>])}]
  catch _:_ -> [] end
end, rabbit_networking:connections())`;

function queuesExpression(virtualHost: string): string {
  return `lists:flatmap(fun(Queue) ->
    try
      [{_, {resource, _, queue, Name}}, {_, Messages}, {_, Ready}, {_, Unacknowledged}, {_, Consumers}, {_, Durable}, {_, AutoDelete}] =
        rabbit_amqqueue:info(Queue, [name, messages, messages_ready, messages_unacknowledged, consumers, durable, auto_delete]),
      [#{name => Name, messages => Messages, messagesReady => Ready, messagesUnacknowledged => Unacknowledged, consumers => Consumers, durable => Durable, autoDelete => AutoDelete}]
    catch _:_ -> [] end
  end, rabbit_amqqueue:list(${bin(virtualHost)}))`;
}
