function entry(key: string, value: string): Buffer {
  const text = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([Buffer.from([key.length]), Buffer.from(`${key}S`), length, text]);
}

/** The SASL response of AMQPLAIN: the entries of a table, without its length. No password: the entry is left out. */
export function amqplainResponse(login: string, password?: string): Buffer {
  return Buffer.concat([entry('LOGIN', login), password === undefined ? Buffer.alloc(0) : entry('PASSWORD', password)]);
}
