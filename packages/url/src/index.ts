export { TransportUrlError, type TransportUrlErrorCode } from './errors.js';
export { type ParseOptions, parseTransportUrl } from './parse.js';
export { Secret } from './secret.js';
export type { Dialect, TransportHost, TransportUrl, UrlWarning, UrlWarningCode } from './transport-url.js';
