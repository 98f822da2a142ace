import { nearestName } from '@leveret/transport/shared';
import { checkNames, checkRecord } from './checks.js';
import { InvalidArgumentError } from './errors.js';
import { isStandardSchema, type SchemaInput, type SchemaOutput, type StandardSchema } from './standard-schema.js';
import { isVersionCompatible } from './version.js';

/** Schemas of one method. */
export interface MethodContract {
  /** Of the object of named arguments. Default: the method takes none. */
  readonly args?: StandardSchema<object, unknown>;
  /** Of what the method returns. Default: anything, of type `unknown`. */
  readonly result?: StandardSchema;
}

/** What client and server agree on. */
export interface Contract<Methods extends MethodContracts = MethodContracts> {
  /** Default: none. */
  readonly namespace?: string | null;
  /** `major.minor`, asked for by clients and offered by servers. Default: 1.0, by the server. */
  readonly version?: string | null;
  readonly methods: Methods;
}

/** Methods by name. */
export type MethodContracts = Readonly<Record<string, MethodContract>>;

/** The interface that a client of the contract has: what goes into the arguments' schema, what comes out of the result's. */
export type ContractApi<Of extends Contract> = {
  readonly [Name in keyof Of['methods']]: Of['methods'][Name] extends {
    readonly args: infer Args extends StandardSchema;
  }
    ? (args: SchemaInput<Args>) => ContractResult<Of['methods'][Name]>
    : () => ContractResult<Of['methods'][Name]>;
};

type ContractResult<Method extends MethodContract> = Method extends {
  readonly result: infer Result extends StandardSchema;
}
  ? SchemaOutput<Result>
  : unknown;

/**
 * A contract for `createRpcClient` and `implement`: the same object, checked. Schemas are of any library that implements
 * Standard Schema 1, such as zod, valibot and arktype, and describe what travels, which is JSON.
 * @throws InvalidArgumentError, InvalidVersionError
 */
export function defineContract<const Methods extends MethodContracts>(contract: Contract<Methods>): Contract<Methods> {
  checkContract(contract);
  return contract;
}

/** @throws InvalidArgumentError, InvalidVersionError */
export function checkContract(contract: Contract): void {
  checkNames('a contract', contract, ['namespace', 'version', 'methods']);
  const { namespace = null, version = null, methods } = contract;
  if (namespace !== null && typeof namespace !== 'string') {
    throw new InvalidArgumentError("The contract's namespace must be a string or null.");
  }
  if (version !== null && typeof version !== 'string') {
    throw new InvalidArgumentError("The contract's version must be major.minor, or null.");
  }
  // Throws for a version that no other could be compared with.
  if (version !== null) isVersionCompatible(version, version);
  checkRecord("The contract's methods", methods);
  if (Object.keys(methods).length === 0) throw new InvalidArgumentError('The contract has no methods.');
  for (const [name, method] of Object.entries(methods)) {
    checkRecord(`The contract's method '${name}'`, method);
    checkNames(`the contract's method '${name}'`, method, ['args', 'result']);
    for (const part of ['args', 'result'] as const) {
      if (method[part] === undefined || isStandardSchema(method[part])) continue;
      throw new InvalidArgumentError(
        `The contract's ${part} of '${name}' must be a schema that implements Standard Schema 1: one of zod 3.24, valibot 1.0, arktype 2.0, or later.`,
      );
    }
  }
}

/** @throws InvalidArgumentError, with the name that was probably meant, for a method that the contract does not have. */
export function contractOf({ methods }: Contract, method: string): MethodContract {
  const found = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(methods);
  const nearest = nearestName(method, names);
  const hint = nearest === undefined ? '.' : `; did you mean '${nearest}'?`;
  throw new InvalidArgumentError(`The contract has no method '${method}'${hint} It has ${names.join(', ')}.`);
}
