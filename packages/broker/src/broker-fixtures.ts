// biome-ignore lint/style/noRestrictedImports: no part of the package; test/clients still looks for it here.
export * from '../test/broker-in-test.js';
