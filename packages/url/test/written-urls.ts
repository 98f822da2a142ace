import fc from 'fast-check';

/** Letters that a name may have, and the marks of the grammar, raw and escaped, in the wrong place now and then. */
const piece = fc.string({
  unit: fc.oneof(
    { weight: 24, arbitrary: fc.constantFrom(...'abXY19._-~') },
    {
      weight: 4,
      arbitrary: fc.constantFrom('%2F', '%40', '%3A', '%2c', '%25', '%20', '%E2%82%AC', 'é', '+', '!', '*'),
    },
    { weight: 1, arbitrary: fc.constantFrom('@', ':', '/', '?', '#', '%', '%zz', '%FF', ',', ';', '[', ' ') },
  ),
  maxLength: 6,
});
const name = fc.oneof(
  fc.constantFrom('h', 'H1.example', 'broker_1', '10.0.0.1', '[::1]', '[FE80::A%25eth0]', 'ho%61st', '', 'bü'),
  piece,
);
const port = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('', ':', ':1', ':5672', ':05672', ':65535') },
  { weight: 1, arbitrary: fc.constantFrom(':0', ':65536', ':x', ':-1') },
);
const credentials = fc.oneof(
  fc.constant(''),
  fc.tuple(piece, piece).map(([username, password]) => `${username}:${password}@`),
  piece.map((username) => `${username}@`),
);
const host = fc.tuple(credentials, name, port).map((parts) => parts.join(''));
const path = fc.oneof(
  fc.constantFrom('', '/', '/vh', '/a%2Fb'),
  piece.map((vhost) => `/${vhost}`),
);
const pair = fc.oneof(
  fc.constantFrom('ssl=true', 'heartbeat=10', 'auth_mechanism=plain', 'a=b+c', 'a', 'a=', 'a==b'),
  fc.tuple(piece, piece).map((both) => both.join('=')),
);
const query = fc.oneof(
  fc.constant(''),
  fc.array(pair, { maxLength: 4 }).map((pairs) => `?${pairs.join('&')}`),
);

/** URLs as people write them, with any of the schemes: mostly by the grammar, with one character changed now and then. */
export function writtenUrl(schemes: readonly string[], hosts: { readonly maxLength: number }): fc.Arbitrary<string> {
  const whole = fc
    .tuple(fc.constantFrom(...schemes), fc.array(host, { minLength: 1, ...hosts }), path, query)
    .map(([scheme, list, ...rest]) => `${scheme}://${list.join(',')}${rest.join('')}`);
  const edit = fc.tuple(fc.nat(80), fc.constantFrom('', ...'@:/?#%,;[]& \t'));
  return fc.tuple(whole, fc.option(edit, { freq: 3 })).map(([text, change]) => {
    if (!change) return text;
    const [at, mark] = change;
    return text.slice(0, at) + mark + text.slice(at + 1);
  });
}
