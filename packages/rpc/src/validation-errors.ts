import { RpcError } from './errors.js';

/** What a schema says of one value. */
export interface ValidationIssue {
  /** Where the value stands: `args.volume.size`, `result[0].id`. */
  readonly path: string;
  /** The schema's own words, with the value, should they quote it, replaced by `***`. */
  readonly message: string;
}

/** What a validation error is made of. */
export interface ValidationFacts {
  readonly method: string;
  readonly issues: readonly ValidationIssue[];
  /** How many issues there are besides. */
  readonly more: number;
}

/** A value is not what the contract asks for. The error names method, fields and issues, and never holds a value. */
export class ValidationError extends RpcError {
  override readonly name: string = 'ValidationError';
  readonly method: string;
  /** What is wrong: at least one issue, at most the first 20. */
  readonly issues: readonly ValidationIssue[];
  /** Path of the first issue. */
  readonly path: string;

  constructor(code: `ERR_LEVERET_${string}`, what: string, { method, issues, more }: ValidationFacts) {
    const listed = issues.map(({ path, message }) => `${path}: ${message}`).join('; ');
    super(code, `${what}: ${listed}${more > 0 ? `; and ${more} more` : ''}`);
    this.method = method;
    this.issues = issues;
    this.path = issues[0]?.path ?? '';
  }
}

/** Arguments that the contract does not allow. At the client: nothing was sent. At the server: the method did not run. */
export class ArgsValidationError extends ValidationError {
  override readonly name: string = 'ArgsValidationError';

  constructor(facts: ValidationFacts) {
    super('ERR_LEVERET_ARGS_VALIDATION', `The arguments of '${facts.method}' do not match its contract`, facts);
  }
}

/** A result that the contract does not allow. The method has run. */
export class ResultValidationError extends ValidationError {
  override readonly name: string = 'ResultValidationError';

  constructor(facts: ValidationFacts) {
    super('ERR_LEVERET_RESULT_VALIDATION', `The result of '${facts.method}' does not match its contract`, facts);
  }
}
