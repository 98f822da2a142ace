/** RabbitMQ's URI query parameters that have no effect here, and why. */
export const RABBITMQ_NO_EFFECT: Readonly<Record<string, string>> = {
  fail_if_no_peer_cert: 'it is a setting of servers',
  customize_hostname_check: 'names are checked as https does in any case',
  depth: 'Node.js verifies chains of any length',
};
