/**
 * JSON as Python's `json.loads` takes it: as `JSON.parse`, and also the bare tokens `NaN`, `Infinity` and `-Infinity`.
 * Whole numbers beyond 2^53 lose digits. @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return parseWithTokens(text, error);
  }
}

function parseWithTokens(text: string, error: unknown): unknown {
  if (!/NaN|Infinity/u.test(text)) throw error;
  // JSON has no way to write NaN, so a string stands in for it that occurs nowhere in the text.
  let standIn = 'NaN';
  while (text.includes(standIn)) standIn += '~';
  let hasNaN = false;
  const replaced = mapOutsideStrings(text, (part) =>
    part.replace(/-?\bInfinity\b|\bNaN\b/gu, (token) => {
      if (token !== 'NaN') return token === 'Infinity' ? '1e999' : '-1e999';
      hasNaN = true;
      return `"${standIn}"`;
    }),
  );
  return JSON.parse(replaced, hasNaN ? (_key, value) => (value === standIn ? Number.NaN : value) : undefined);
}

function mapOutsideStrings(text: string, map: (part: string) => string): string {
  let result = '';
  let index = 0;
  for (;;) {
    const open = text.indexOf('"', index);
    if (open === -1) return result + map(text.slice(index));
    const end = endOfString(text, open);
    result += map(text.slice(index, open)) + text.slice(open, end);
    index = end;
  }
}

function endOfString(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); close !== -1; close = text.indexOf('"', close + 1)) {
    let backslashes = 0;
    while (text[close - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return close + 1;
  }
  return text.length;
}
