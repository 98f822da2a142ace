import { beforeAll, describe, expect, it } from 'vitest';
import { type Finding, lintPlanted } from './lint-planted.ts';

const restricted = 'lint/style/noRestrictedImports';
const undeclared = 'lint/correctness/noUndeclaredDependencies';
const nodeModules = 'lint/correctness/noNodejsModules';
const restrictedProperties = 'lint/nursery/noJsRestrictedProperties';

interface Arrow {
  /** The file that imports: a folder, in which one is planted, or the very file. */
  readonly from: string;
  readonly to: string;
}

function arrows(from: string, ...to: readonly string[]): readonly Arrow[] {
  return to.map((one) => ({ from, to: one }));
}

const leaves = ['url', 'retry', 'heartbeat'];
const layers = [...leaves, 'transport', 'rpc'];

const againstTheLayers: readonly Arrow[] = [
  ...leaves.flatMap((leaf) =>
    [...layers, 'broker', 'tooling-rabbitmq']
      .filter((other) => other !== leaf)
      .flatMap((other) => arrows(`packages/${leaf}/src`, `@leveret/${other}`)),
  ),
  ...leaves.flatMap((leaf) => arrows(`packages/${leaf}/src`, 'amqplib', 'undici', '../test/helper.js')),
  ...leaves.flatMap((leaf) => arrows(`packages/${leaf}/test`, '@leveret/transport', '@leveret/rpc', '@leveret/broker')),
  ...arrows('packages/retry/src/undici.ts', '@leveret/url', 'amqplib'),
  ...arrows('packages/rpc/src/otel.ts', '@leveret/url', 'amqplib', '@opentelemetry/sdk-trace-base'),
  ...arrows('packages/rpc/src', '@opentelemetry/api', 'zod'),
  ...arrows('packages/transport/src', '@leveret/rpc', '@leveret/tooling-rabbitmq', 'rabbitmq-client', 'vitest'),
  ...arrows('packages/transport/src', 'amqplib', 'amqplib/callback_api', 'amqplib/lib/defs.js'),
  ...arrows('packages/transport/src/link.ts', '@leveret/rpc', 'rabbitmq-client'),
  ...arrows('packages/transport/test', '@leveret/rpc'),
  ...arrows('packages/rpc/src', '@leveret/url', '@leveret/retry', '@leveret/heartbeat', 'amqplib', '../test/helper.js'),
  ...arrows('packages/rpc/src', '@leveret/tooling-oslo', '@leveret/tooling-rabbitmq'),
  ...arrows('packages/rpc/test', 'amqplib'),
  ...['transport', 'rpc'].flatMap((layer) =>
    arrows(`packages/${layer}/src`, '@leveret/broker', '@leveret/tooling-brokers'),
  ),
  ...layers.flatMap((layer) =>
    ['src', 'src/unit.test.ts', 'src/cli', 'test'].flatMap((place) =>
      arrows(`packages/broker/${place}`, `@leveret/${layer}`),
    ),
  ),
  ...arrows('packages/broker/src', '@leveret/tooling-rabbitmq', 'amqplib', 'vitest', '../test/helper.js'),
  ...arrows('packages/broker/test', '../../rpc/src/index.js', '@leveret/tooling-rabbitmq/src/index.ts'),
  ...arrows('packages/broker/src', '../../url/src/index.js', '../../transport/dist/index.js'),
  ...arrows('apps/demo/src', '@leveret/url', '@leveret/retry', '@leveret/heartbeat', 'amqplib'),
  ...arrows('packages/url/src', '../../retry/src/index.js', '@leveret/retry/dist/index.js'),
  ...arrows('packages/rpc/src', '../../transport/src/index.js', '@leveret/transport/dist/index.js'),
  ...arrows('packages/rpc/test', '../../transport/src/index.js', '@leveret/transport/src/index.js'),
  ...arrows('packages/transport/src/link.test.ts', '../../retry/src/index.js', '../../url/dist/index.js'),
  ...arrows('apps/demo/src', '../../../packages/rpc/src/index.js', '../../../tooling/oslo/src/index.ts'),
  ...arrows('tooling/oslo/src', '../../rabbitmq/src/index.ts', '../../../packages/rpc/dist/index.js'),
  ...arrows('bench/src', '../../packages/rpc/src/index.ts'),
];

const forbidden: readonly (Arrow & { readonly rule: string })[] = [
  ...againstTheLayers.map((arrow) => ({ ...arrow, rule: restricted })),
  ...leaves
    .flatMap((leaf) => arrows(`packages/${leaf}/src`, 'node:fs', 'fs', 'node:timers/promises'))
    .map((arrow) => ({
      ...arrow,
      rule: nodeModules,
    })),
  ...arrows('packages/transport/src/link.ts', 'undici').map((arrow) => ({ ...arrow, rule: undeclared })),
  ...arrows('packages/rpc/src', '@leveret/url').map((arrow) => ({ ...arrow, rule: undeclared })),
  ...arrows('apps/demo/src', 'fast-check').map((arrow) => ({ ...arrow, rule: undeclared })),
  ...arrows('bench/src', 'exponential-backoff').map((arrow) => ({ ...arrow, rule: undeclared })),
];

const allowed: readonly Arrow[] = [
  ...leaves.flatMap((leaf) => arrows(`packages/${leaf}/src`, './index.js')),
  ...leaves.flatMap((leaf) => arrows(`packages/${leaf}/src/unit.test.ts`, 'vitest', 'fast-check', 'node:util')),
  ...leaves.flatMap((leaf) => arrows(`packages/${leaf}/test`, 'vitest', 'node:fs', '../src/index.js')),
  ...arrows('packages/transport/src', '@leveret/url', '@leveret/retry', '@leveret/heartbeat', 'node:net'),
  ...arrows('packages/transport/src', 'node:timers/promises', './index.js'),
  ...arrows('packages/transport/src/link.ts', 'amqplib', '@leveret/heartbeat', 'node:tls'),
  ...arrows('packages/transport/test', 'amqplib', '@leveret/tooling-rabbitmq', '@leveret/tooling-brokers'),
  ...arrows('packages/transport/test', '../src/index.js'),
  ...arrows('packages/rpc/src', '@leveret/transport', '@leveret/transport/shared', 'node:crypto', './index.js'),
  ...arrows('packages/rpc/src/otel.ts', '@opentelemetry/api', '@leveret/transport', './index.js'),
  ...arrows('packages/rpc/test', '@leveret/transport', '@leveret/tooling-oslo', '@leveret/tooling-brokers'),
  ...arrows('apps/demo/src', '@leveret/rpc', '@leveret/transport', '@leveret/tooling-oslo', 'node:util', './main.ts'),
  ...arrows('packages/broker/src', './index.js', 'node:net', 'node:timers/promises'),
  ...arrows('packages/broker/src/codec', '../index.js', 'node:buffer'),
  ...arrows('packages/broker/src/unit.test.ts', 'vitest', 'fast-check', 'amqplib', './index.js'),
  ...arrows('packages/broker/test', 'amqplib', 'rabbitmq-client', 'amqp-connection-manager', '../src/index.js'),
  ...arrows('packages/broker/test', '@leveret/tooling-rabbitmq', '@leveret/tooling-oslo'),
  ...arrows('apps/demo/src', '@leveret/tooling-rabbitmq', '@leveret/broker', '@leveret/rpc/notify', 'zod'),
  ...arrows('tooling/repo/test', '@leveret/tooling-rabbitmq', '../src/workspaces.ts', 'vitest'),
  ...arrows('tooling/brokers/src', '@leveret/broker', '@leveret/tooling-rabbitmq', './index.ts'),
  ...arrows('bench/src', 'amqplib', 'rabbitmq-client', '@leveret/rpc', '@leveret/transport'),
];

const planted = new Map<string, string[]>();
let findings: ReadonlyMap<string, readonly Finding[]>;

/** Adds a line to a file that is going to be linted; the returned function tells what the linter found in that line. */
function plant(at: string, text: string): () => readonly Finding[] {
  const file = at.endsWith('.ts') ? at : `${at}/planted.ts`;
  const lines = planted.get(file) ?? [];
  planted.set(file, [...lines, text]);
  return () => (findings.get(file) ?? []).filter(({ line }) => line === lines.length + 1);
}

function plantImport({ from, to }: Arrow): () => readonly Finding[] {
  return plant(from, `export * as planted${planted.get(from)?.length ?? 0} from '${to}';`);
}

function rules(found: readonly Finding[]): readonly string[] {
  return found.map(({ rule }) => rule);
}

const plantedForbidden = forbidden.map((arrow) => ({ ...arrow, found: plantImport(arrow) }));
const plantedAllowed = allowed.map((arrow) => ({ ...arrow, found: plantImport(arrow) }));

beforeAll(async () => {
  findings = await lintPlanted(new Map([...planted].map(([file, lines]) => [file, `${lines.join('\n')}\n`])));
});

describe('an arrow against the layers', () => {
  it.each(plantedForbidden)('is an error from $from to $to', ({ rule, found }) => {
    expect(rules(found())).toContain(rule);
  });
});

describe('an arrow along the layers', () => {
  it.each(plantedAllowed)('is fine from $from to $to', ({ found }) => {
    expect(found()).toEqual([]);
  });
});

describe('the ways to import', () => {
  const ways = [
    "import { retry } from '@leveret/retry'; export const kept: unknown = retry;",
    "import type { Backoff } from '@leveret/retry'; export type Kept = Backoff;",
    "export * from '@leveret/retry';",
    "export const late: Promise<unknown> = import('@leveret/retry');",
  ].map((text) => ({ text, found: plant('packages/url/src/ways.ts', text) }));

  const common = plant('packages/url/src/ways.ts', "export const common: unknown = require('@leveret/retry');");

  it.each(ways)('are all seen: $text', ({ found }) => {
    expect(rules(found())).toContain(restricted);
  });

  it('include require, which is no way at all in an ES module', () => {
    expect(rules(common())).toContain('lint/style/noCommonJs');
  });

  it('are told about in a sentence that names the rule of the layer', () => {
    expect(ways[0]?.found()).toContainEqual(expect.objectContaining({ message: 'A leaf imports its own files only.' }));
  });
});

describe('other faults that the linter must see', () => {
  const action = 'async function act(): Promise<void> { await Promise.resolve(); }';
  plant('packages/transport/src/floating.ts', `export ${action}`);
  const floating = plant('packages/transport/src/floating.ts', 'act();');
  plant('packages/rpc/test/floating.test.ts', action);
  const floatingInTest = plant('packages/rpc/test/floating.test.ts', 'act();');
  plant('packages/rpc/src/misused.ts', `export ${action}`);
  const condition = plant('packages/rpc/src/misused.ts', "export const sure: string = act() ? 'yes' : 'no';");
  const callback = plant('packages/rpc/src/misused.ts', '[1].forEach(async () => { await act(); });');
  const cycle = plant('packages/rpc/src/cycle-a.ts', "import { b } from './cycle-b.js'; export const a: number = b;");
  plant('packages/rpc/src/cycle-b.ts', "import { a } from './cycle-a.js'; export const b: number = a;");
  const print = plant('packages/retry/src/print.ts', "console.log('a library that prints');");
  const printing = ["process.stdout.write('a');", "process.stderr.write('b');"].map((text) => ({
    text,
    found: plant('packages/broker/src/print.ts', text),
  }));
  const commandLine = ['packages/broker/src/main.ts', 'packages/broker/src/cli/print.ts'].map((file) => ({
    file,
    found: plant(file, "process.stdout.write('a'); console.error('b');"),
  }));

  it('a promise that nobody waits for', () => {
    expect(rules(floating())).toEqual(['lint/nursery/noFloatingPromises']);
  });

  it('the same in a test', () => {
    expect(rules(floatingInTest())).toEqual(['lint/nursery/noFloatingPromises']);
  });

  it('a promise taken for its value', () => {
    expect(rules(condition())).toEqual(['lint/nursery/noMisusedPromises']);
  });

  it('an async function where nobody waits for its promise', () => {
    expect(rules(callback())).toContain('lint/nursery/noMisusedPromises');
  });

  it('files that import each other', () => {
    expect(rules(cycle())).toEqual(['lint/suspicious/noImportCycles']);
  });

  it('a library that prints', () => {
    expect(rules(print())).toEqual(['lint/suspicious/noConsole']);
  });

  it.each(printing)('a library that writes to a stream of its process: $text', ({ found }) => {
    expect(rules(found())).toContain(restrictedProperties);
  });

  it.each(commandLine)('but not a command line that does: $file', ({ found }) => {
    expect(found()).toEqual([]);
  });
});
