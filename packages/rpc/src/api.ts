/** Methods of a server by name, as functions of their named arguments. */
export type UntypedApi = Readonly<Record<string, (args: Readonly<Record<string, unknown>>) => unknown>>;

/** What a method is given that takes no arguments. */
export type NoArgs = Readonly<Record<string, never>>;

/** The names of the methods of an interface. */
export type MethodName<Api> = keyof Api & string;

/**
 * What follows the method's name in a call: arguments that have a required field must be given, all others can be left
 * out.
 */
export type MethodParameters<Api, Name extends keyof Api, Options> = Api[Name] extends (
  ...parameters: infer Parameters
) => unknown
  ? Parameters extends readonly []
    ? readonly [args?: NoArgs, options?: Options]
    : Parameters extends readonly [infer Args, ...unknown[]]
      ? Record<never, never> extends Args
        ? readonly [args?: Args, options?: Options]
        : readonly [args: Args, options?: Options]
      : Parameters extends readonly [args?: infer Args, ...rest: unknown[]]
        ? readonly [args?: Args, options?: Options]
        : never
  : never;

/** What a call of the method resolves to. */
export type ResultOf<Api, Name extends keyof Api> = Api[Name] extends (...args: never[]) => infer Result
  ? Awaited<Result>
  : never;
