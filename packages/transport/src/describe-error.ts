/** An error's words, and where it has none, its code. */
export function describeError(error: Error): string {
  // Happy eyeballs: the list of attempts says more than "AggregateError".
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join('; ');
  // OpenSSL: number:error:code:library:function:what it is about:file:line:more
  const openssl = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(error.message)?.[1];
  if (openssl !== undefined) return openssl;
  const code = (error as NodeJS.ErrnoException).code;
  return error.message || (code === undefined ? error.name : String(code));
}
