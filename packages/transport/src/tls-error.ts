import { describeError } from './describe-error.js';
import { ConnectionRefusedError } from './errors.js';

const CERTIFICATE_CODES = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** What is meant by an error of TLS; undefined for any other. */
export function tlsError(host: string, tls: boolean, cause: Error): ConnectionRefusedError | undefined {
  const code = String((cause as NodeJS.ErrnoException).code);
  const refused = (message: string, reason: 'tls' | 'protocol' = 'tls') =>
    new ConnectionRefusedError(host, reason, message, { cause });
  const told = describeError(cause);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return refused(`The certificate of ${host} is for other names (${told}). Connect by a name that it holds.`);
  }
  if (CERTIFICATE_CODES.has(code)) {
    return refused(`The certificate of ${host} does not verify (${told}). Pass its authority as tls.ca.`);
  }
  if (!tls || !/^(ERR_SSL_|EPROTO)/.test(code)) return undefined;
  if (
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|RECORD_LAYER_FAILURE/.test(code) ||
    /wrong version/.test(told)
  ) {
    return refused(
      `${host} does not speak TLS on this port. Use its port for TLS (RabbitMQ: 5671), or no TLS.`,
      'protocol',
    );
  }
  if (/ALERT_CERTIFICATE_REQUIRED/.test(code)) {
    return refused(`${host} wants a client certificate. Pass tls.cert and tls.key.`);
  }
  if (/ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)/.test(code)) {
    return refused(
      `${host} refused our client certificate (${told}). Check tls.cert and tls.key, and who signed them.`,
    );
  }
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code)) {
    return refused(`${host} has no version of TLS that we take (${told}). See tls.minVersion.`);
  }
  if (/HANDSHAKE_FAILURE/.test(code)) {
    return refused(`${host} refused our TLS (${told}): no cipher in common, or it wants a client certificate.`);
  }
  return refused(`TLS with ${host} failed (${told}).`);
}
