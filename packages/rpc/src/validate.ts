import type { MethodContract } from './contract.js';
import { describeIssue } from './issue-text.js';
import type { SchemaOutcome, StandardSchema } from './standard-schema.js';
import { ArgsValidationError, ResultValidationError, type ValidationFacts } from './validation-errors.js';

/** How many issues an error lists: a long list of bad items has one for each. */
const ISSUES_LIMIT = 20;

/**
 * What the schema makes of the arguments; a promise only if the schema is asynchronous.
 * @throws ArgsValidationError, or the promise rejects with it.
 */
export function validateArgs(
  method: string,
  { args: schema }: MethodContract,
  args: Readonly<Record<string, unknown>>,
): unknown {
  return validate(schema ?? NO_ARGS, 'args', method, args);
}

/**
 * What the schema makes of the result; a promise only if the schema is asynchronous.
 * @throws ResultValidationError, or the promise rejects with it.
 */
export function validateResult(method: string, { result: schema }: MethodContract, result: unknown): unknown {
  return schema === undefined ? result : validate(schema, 'result', method, result);
}

function validate(schema: StandardSchema, name: 'args' | 'result', method: string, value: unknown): unknown {
  const outcome = schema['~standard'].validate(value);
  const finish = (settled: SchemaOutcome<unknown>): unknown => {
    if (settled.issues === undefined) return settled.value;
    const facts: ValidationFacts = {
      method,
      issues: settled.issues.slice(0, ISSUES_LIMIT).map((issue) => describeIssue(name, value, issue)),
      more: Math.max(0, settled.issues.length - ISSUES_LIMIT),
    };
    throw name === 'args' ? new ArgsValidationError(facts) : new ResultValidationError(facts);
  };
  return outcome instanceof Promise ? outcome.then(finish) : finish(outcome);
}

const NO_ARGS: StandardSchema<object> = {
  '~standard': {
    version: 1,
    vendor: 'leveret',
    validate: (value) => {
      const names = Object.keys(value as object);
      return names.length === 0
        ? { value: value as object }
        : { issues: names.map((key) => ({ message: 'the method takes no arguments', path: [key] })) };
    },
  },
};

/**
 * As validateResult, for a result that has travelled. JSON has no undefined and oslo sends null for it, so a null that the
 * schema refuses is tried as undefined: a method that returns nothing, or an optional result.
 */
export function validateReceivedResult(method: string, contract: MethodContract, result: unknown): unknown {
  if (result !== null) return validateResult(method, contract, result);
  const asUndefined = (error: unknown): unknown => {
    if (!(error instanceof ResultValidationError)) throw error;
    const again = contract.result?.['~standard'].validate(undefined);
    const finish = (settled: SchemaOutcome<unknown> | undefined): unknown => {
      if (settled === undefined || settled.issues !== undefined) throw error;
      return settled.value;
    };
    return again instanceof Promise ? again.then(finish) : finish(again);
  };
  try {
    const checked = validateResult(method, contract, null);
    return checked instanceof Promise ? checked.catch(asUndefined) : checked;
  } catch (error) {
    return asUndefined(error);
  }
}
