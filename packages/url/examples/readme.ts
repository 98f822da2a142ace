import { parseTransportUrl } from '@leveret/url';
import { brokerAddresses } from '@leveret/url/rabbitmq';
import { redact } from '@leveret/url/redact';
import { formatTransportUrl } from '@leveret/url/write';

const url = parseTransportUrl('rabbit://ann:s3cret@host1:5671,bob:pa%2Fss@[::1]:5671/orders?ssl=true');

console.log(url); // TransportUrl(rabbit://ann:***@host1:5671,bob:***@[::1]:5671/orders?ssl=true)
console.log(formatTransportUrl(url, { secrets: 'include' })); // for whoever needs all of it

for (const { hostname, port, username, password, virtualHost, tls } of brokerAddresses(url)) {
  console.log(hostname, port, username, password.reveal().length, virtualHost, tls); // host1 5671 ann 6 orders true
}
console.log(redact('no answer from amqp://carol:hunter2@host3')); // no answer from amqp://carol:***@host3
