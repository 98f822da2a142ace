/** RabbitMQ's URI query parameters, see https://www.rabbitmq.com/docs/uri-query-parameters. */
export const RABBITMQ_PARAMETERS: readonly string[] = [
  'heartbeat',
  'connection_timeout',
  'channel_max',
  'frame_max',
  'auth_mechanism',
  'cacertfile',
  'certfile',
  'keyfile',
  'password',
  'verify',
  'fail_if_no_peer_cert',
  'depth',
  'server_name_indication',
  'customize_hostname_check',
];

/** Those that have no effect here, and why. */
export const RABBITMQ_NO_EFFECT: Readonly<Record<string, string>> = {
  fail_if_no_peer_cert: 'it is a setting of servers',
  customize_hostname_check: 'names are checked as https does in any case',
  depth: 'Node.js verifies chains of any length',
};
