const TLS_ALERT = 0x15;
const TLS_HANDSHAKE = 0x16;

/** What a server speaks, told by its first octets, as the end of a sentence; undefined if they say nothing. */
export function spokenProtocol(octets: Buffer): string | undefined {
  const [type, major, minor = 0xff] = octets;
  if ((type === TLS_ALERT || type === TLS_HANDSHAKE) && major === 3 && minor <= 4) {
    return 'it speaks TLS on this port. Use amqps:// or ?ssl=true.';
  }
  const text = octets.toString('latin1');
  if (text.startsWith('HTTP/')) return 'it answered HTTP. Is this the port of its management interface?';
  if (text.startsWith('SSH-')) return 'it answered SSH.';
  if (/^(220|\+OK|\* OK|-ERR)[ -]/.test(text)) return 'it speaks in lines of text, as mail servers and Redis do.';
  if (text.startsWith('AMQP') && octets.length >= 8) return `it wants AMQP ${versionOf(octets.subarray(4))} instead.`;
  return undefined;
}

/** The version in a protocol header: that of 1.0 begins with a layer, and those before 0-9-1 with two ones. */
function versionOf([id = 0, major = 0, minor = 0, revision = 0]: Buffer): string {
  if (id === 1 && major === 1) return minor === 0 ? `0-${revision}` : `0-${minor}`;
  const layers: Readonly<Record<number, string>> = { 2: ' over TLS', 3: ' after SASL' };
  return major === 1 ? `1.0${layers[id] ?? ''}` : [major, minor, revision].join('-');
}
