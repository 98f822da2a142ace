import { waitBounded } from './bounded-wait.js';
import { checkRecord } from './checks.js';
import { type Contract, checkContract, contractOf, type MethodContract } from './contract.js';
import type { Endpoint, Method, RequestInfo } from './endpoint.js';
import { InvalidArgumentError } from './errors.js';
import { expose } from './expose.js';
import { RpcFault } from './remote-errors.js';
import type { SchemaInput, SchemaOutput, StandardSchema } from './standard-schema.js';
import { validateArgs, validateResult } from './validate.js';
import { ArgsValidationError, ResultValidationError } from './validation-errors.js';

/** The methods of a contract: each gets what comes out of the arguments' schema, and returns what goes into the result's. */
export type Implementation<Of extends Contract> = {
  readonly [Name in keyof Of['methods']]: (
    args: ArgsToMethod<Of['methods'][Name]>,
    request: RequestInfo,
  ) => ResultOfMethod<Of['methods'][Name]> | Promise<ResultOfMethod<Of['methods'][Name]>>;
};

type ArgsToMethod<Of extends MethodContract> = Of extends { readonly args: infer Args extends StandardSchema }
  ? SchemaOutput<Args>
  : Readonly<Record<string, never>>;

type ResultOfMethod<Of extends MethodContract> = Of extends { readonly result: infer Result extends StandardSchema }
  ? SchemaInput<Result>
  : unknown;

/**
 * An endpoint of the contract's namespace and version. Arguments are validated before a method runs; one that does not
 * match is answered with `ValueError`, and the text of ArgsValidationError. Results are validated before they are sent;
 * one that does not match is this server's fault: event `result-refused`, and `RuntimeError` to the caller.
 * @param methods one for each of the contract's and no other; methods of a class will do, as the contract names them.
 * @throws InvalidArgumentError, InvalidVersionError
 */
// Not inferred from the methods, or the literals that they return would be widened before they are compared.
export function implement<const Of extends Contract>(contract: Of, methods: NoInfer<Implementation<Of>>): Endpoint {
  checkContract(contract);
  checkRecord('The methods of the contract', methods);
  for (const name of Object.keys(methods)) contractOf(contract, name);
  const checked = Object.entries(contract.methods).map(([name, contractOfMethod]) => {
    const method = (methods as Readonly<Record<string, unknown>>)[name];
    if (typeof method !== 'function' || method === (Object.prototype as unknown as Record<string, unknown>)[name]) {
      throw new InvalidArgumentError(`The contract's method '${name}' is not implemented.`);
    }
    // Named by the contract, it is exposed whatever the policy.
    return [name, expose(checkedMethod(name, contractOfMethod, (method as Method).bind(methods)))];
  });
  const { namespace = null, version } = contract;
  return { target: { namespace, ...(version == null ? {} : { version }) }, methods: Object.fromEntries(checked) };
}

function checkedMethod(name: string, contract: MethodContract, method: Method): Method {
  return async (args: Readonly<Record<string, unknown>>, request) => {
    const received = await asFault(
      'ValueError',
      ArgsValidationError,
      () => validateArgs(name, contract, args),
      request,
    );
    const result = await method(received, request);
    await asFault('RuntimeError', ResultValidationError, () => validateResult(name, contract, result), request);
    // What travels is what goes into the schema: the caller's turns it into what comes out.
    return result;
  };
}

// An error of this kind as what Python raises for it. Those of calls that the method makes itself are none of these.
async function asFault(
  remoteType: string,
  kind: typeof ArgsValidationError | typeof ResultValidationError,
  validate: () => unknown,
  request: RequestInfo,
): Promise<unknown> {
  try {
    const checking = validate();
    return checking instanceof Promise ? await waitBounded(checking, { signal: request.signal }) : checking;
  } catch (error) {
    if (!(error instanceof kind)) throw error;
    throw new RpcFault(remoteType, error.message, { cause: error });
  }
}
