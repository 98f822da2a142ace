export { createTransportUrl, type TransportHostInit, type TransportUrlInit } from './create.js';
export { type FormatOptions, formatTransportUrl } from './format.js';
