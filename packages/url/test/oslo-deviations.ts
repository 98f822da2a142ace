/** Where @leveret/url and oslo.messaging read a URL differently, by the id of the vector. The README has the reasons. */
export const refusedHere: Readonly<Record<string, string>> = {
  None: 'ERR_LEVERET_URL_NOT_A_STRING',
  "'host:5672'": 'ERR_LEVERET_URL_NO_AUTHORITY',
  "'rabbit:vh'": 'ERR_LEVERET_URL_NO_AUTHORITY',
  "'rabbit: //h/vh'": 'ERR_LEVERET_URL_NO_AUTHORITY',
  "'rabbit://host:-1/vh'": 'ERR_LEVERET_URL_BAD_PORT',
  "'rabbit://host: 5672/vh'": 'ERR_LEVERET_URL_BAD_PORT',
  "'rabbit://h1;h2/vh'": 'ERR_LEVERET_URL_BAD_HOST',
  "' rabbit://h/vh'": 'ERR_LEVERET_URL_SPACE',
  "'rabbit://h/vh '": 'ERR_LEVERET_URL_SPACE',
  "'rabbit://h/vh\\n'": 'ERR_LEVERET_URL_CONTROL_CHARACTER',
  "'rabbit://h\\r\\n/vh'": 'ERR_LEVERET_URL_CONTROL_CHARACTER',
};

/** Refused by the urlsplit of the Python the vectors were made with, and fine with other Pythons and here. */
export const acceptedHere: readonly string[] = ["'rabbit://u:p[q]@host/vh'", "'rabbit://h1,[::1]:5673/vh'"];

/** Read alike and written differently: oslo's text for these does not parse back to the same URL. */
export const writtenDifferently: Readonly<Record<string, string>> = { "'rabbit://:/vh'": 'rabbit://:/vh' };

/** Connected to as parsed. oslo hands a new URL to kombu, which parses it again and gets something else. */
export const connectedAsParsed: Readonly<Record<string, string>> = {
  "'rabbit://u%2Fv:p@host/vh'": 'u/v p host 5672 vh',
  "'rabbit://h/a%2525b'": 'guest guest h 5672 a%25b',
  "'rabbit://h/a%23b'": 'guest guest h 5672 a#b',
  "'rabbit://h/a%3Bb'": 'guest guest h 5672 a;b',
  "'amqps://u:p@h/vh'": 'u p h 5671 vh',
};

/** oslo checks its options when it makes a transport; this package reads no option but ssl. */
export const optionsNotReadHere: readonly string[] = [
  "'rabbit://h/vh?unknown_opt=4'",
  "'rabbit://h/vh?foo=1&foo=2'",
  "'rabbit://h/vh?rpc_conn_pool_size=1'",
  "'rabbit://h/vh?rpc_conn_pool_size=0'",
  "'rabbit://h/vh?kombu_failover_strategy=bogus'",
  "'rabbit://h/vh?rabbit_login_method=plain'",
  "'rabbit://h/vh?rabbit_stream_fanout=true'",
];
