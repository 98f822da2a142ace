import { parseJson, stringifyJson } from './json.js';
import type { RemoteErrorClass, RemoteErrorClasses } from './remote-error-classes.js';
import { NoSuchMethodError, RemoteError, type RemoteErrorFacts, UnsupportedVersionError } from './remote-errors.js';
import { toWireValue } from './wire-value.js';

// JavaScript's own errors as the Python types that mean the same; a Python caller can catch them.
const BUILTINS: ReadonlyMap<string, string> = new Map([
  ['Error', 'Exception'],
  ['AggregateError', 'Exception'],
  ['EvalError', 'Exception'],
  ['RangeError', 'ValueError'],
  ['ReferenceError', 'NameError'],
  ['SyntaxError', 'SyntaxError'],
  ['TypeError', 'TypeError'],
  ['URIError', 'ValueError'],
]);

/** Module of JavaScript classes that Python has no equivalent of; its callers see RemoteError with the class's name. */
const JAVASCRIPT = 'javascript';

/**
 * What was thrown, as the JSON text in a reply's `failure`. An error says what it is in Python by `remoteType` and
 * `remoteModule` (RpcFault, RemoteError); JavaScript's own become their equivalents. Never throws. spec 7.5.
 * @param withTraceback false leaves the stack out, which names files of this machine.
 * @param told what the caller gets to know instead of it; the stack stays that of what was thrown.
 */
export function encodeFailure(thrown: unknown, withTraceback = true, told: unknown = thrown): string {
  try {
    return stringifyJson(describeFailure(told, withTraceback ? framesOf(thrown) : []));
  } catch {
    // A getter or a proxy that throws: the caller still gets an answer.
    return JSON.stringify(
      failure('Exception', 'builtins', 'The method failed with an error that cannot be read.', undefined, {}, []),
    );
  }
}

function describeFailure(thrown: unknown, frames: readonly string[]): object {
  if (typeof thrown !== 'object' || thrown === null) {
    return failure('Exception', 'builtins', String(thrown), undefined, {}, frames);
  }
  const error = thrown as Readonly<Record<string, unknown>>;
  const { type, module } = typeOf(error);
  const message = messageOf(error);
  const { args, kwargs } = constructorArguments(error);
  return failure(type, module, message, args, kwargs, frames);
}

function failure(
  type: string,
  module: string,
  message: string,
  args: unknown,
  kwargs: unknown,
  frames: readonly string[],
): object {
  // As Python's traceback names a class.
  const qualified = module === 'builtins' || module === '__main__' ? type : `${module}.${type}`;
  return {
    class: type,
    module,
    message,
    tb: [
      'Traceback (most recent call last):\n',
      ...frames,
      message === '' ? `${qualified}\n` : `${qualified}: ${message}\n`,
    ],
    args: args ?? (message === '' ? [] : [message]),
    kwargs,
  };
}

function typeOf(error: Readonly<Record<string, unknown>>): { type: string; module: string } {
  const { remoteType, remoteModule, name } = error;
  if (typeof remoteType === 'string' && remoteType !== '') {
    const module = typeof remoteModule === 'string' ? remoteModule : 'builtins';
    return stripSuffix(remoteType, module);
  }
  const type = typeof name === 'string' && name !== '' ? name : 'Error';
  const builtin = BUILTINS.get(type);
  return builtin === undefined ? { type, module: JAVASCRIPT } : { type: builtin, module: 'builtins' };
}

// What Python's client appends when it rebuilds an exception; a relay hands on the original names.
function stripSuffix(type: string, module: string): { type: string; module: string } {
  const suffix = '_Remote';
  return type.endsWith(suffix) && module.endsWith(suffix)
    ? { type: type.slice(0, -suffix.length), module: module.slice(0, -suffix.length) }
    : { type, module };
}

function messageOf(error: Readonly<Record<string, unknown>>): string {
  const { remoteMessage, message } = error;
  if (typeof remoteMessage === 'string') return remoteMessage;
  if (typeof message === 'string') return message;
  return error instanceof Error ? String(message) : 'An object that is no Error was thrown.';
}

function constructorArguments(error: Readonly<Record<string, unknown>>): { args: unknown; kwargs: unknown } {
  const { args, kwargs, remoteType } = error;
  // `args` and `kwargs` mean this only beside `remoteType`: other libraries' errors have fields of these names too.
  if (typeof remoteType !== 'string') return { args: undefined, kwargs: {} };
  try {
    return {
      args: Array.isArray(args) ? toWireValue(args, 'args', true) : undefined,
      kwargs: typeof kwargs === 'object' && kwargs !== null ? toWireValue(kwargs, 'kwargs', true) : {},
    };
  } catch {
    // Type and message matter more than arguments that JSON cannot carry.
    return { args: undefined, kwargs: {} };
  }
}

function framesOf(thrown: unknown): string[] {
  if (typeof thrown !== 'object' || thrown === null) return [];
  const { remoteTraceback, stack } = thrown as Readonly<Record<string, unknown>>;
  if (Array.isArray(remoteTraceback) && remoteTraceback.length > 0) return remoteTraceback.slice(1, -1).map(String);
  if (typeof stack !== 'string') return [];
  // Python has the most recent call last.
  return stack
    .split('\n')
    .filter((line) => /^\s+at /u.test(line))
    .reverse()
    .map((line) => `  ${line.trim()}\n`);
}

/**
 * The error in a reply's `failure`, of the class that is registered for it. Never throws: a failure that cannot be read is
 * a RemoteError without a type.
 */
export function decodeFailure(
  text: unknown,
  classes: RemoteErrorClasses = NO_CLASSES,
  bigints = false,
): RemoteError | NoSuchMethodError | UnsupportedVersionError {
  const facts = typeof text === 'string' ? readFailure(text, bigints) : undefined;
  if (facts === undefined) {
    const remoteMessage = 'the server reported a failure that cannot be read.';
    return new RemoteError({
      remoteType: null,
      remoteModule: null,
      remoteMessage,
      remoteTraceback: [],
      args: [],
      kwargs: {},
    });
  }
  const Registered = classes.get(`${facts.remoteModule}.${facts.remoteType}`);
  if (Registered !== undefined) return rebuild(Registered, facts);
  if (facts.remoteModule === 'oslo_messaging.rpc.dispatcher') {
    if (facts.remoteType === 'NoSuchMethod') return new NoSuchMethodError(facts.remoteMessage, facts.remoteTraceback);
    if (facts.remoteType === 'UnsupportedVersion') {
      return new UnsupportedVersionError(facts.remoteMessage, facts.remoteTraceback);
    }
  }
  return new RemoteError(facts);
}

const NO_CLASSES: RemoteErrorClasses = new Map();

// As oslo: what cannot be rebuilt is told as what it was.
function rebuild(Registered: RemoteErrorClass, facts: RemoteErrorFacts): RemoteError {
  try {
    return new Registered(facts);
  } catch (cause) {
    return new RemoteError(facts, { cause });
  }
}

function readFailure(text: string, bigints: boolean): RemoteErrorFacts | undefined {
  let value: unknown;
  try {
    value = parseJson(text, bigints);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { class: name, module, message, tb, args, kwargs } = value as Record<string, unknown>;
  const { type, module: plainModule } =
    typeof name === 'string' && typeof module === 'string'
      ? stripSuffix(name, module)
      : { type: typeof name === 'string' ? name : null, module: typeof module === 'string' ? module : null };
  return {
    remoteType: type,
    // What Python 2 called it.
    remoteModule: plainModule === 'exceptions' ? 'builtins' : plainModule,
    remoteMessage: typeof message === 'string' ? message : '',
    remoteTraceback: Array.isArray(tb) ? tb.map(asText) : [],
    args: Array.isArray(args) ? args : [],
    kwargs: typeof kwargs === 'object' && kwargs !== null && !Array.isArray(kwargs) ? { ...kwargs } : {},
  };
}

// A peer may send anything, even objects that String() throws on.
function asText(line: unknown): string {
  return typeof line === 'string' ? line : JSON.stringify(line);
}
