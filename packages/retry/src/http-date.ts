const months = 'JanFebMarAprMayJunJulAugSepOctNovDec';

/** `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that may still be sent, and `Sunday, 06-Nov-94 08:49:37 GMT`. */
const fixedOrRfc850 = /^[A-Z][a-z]+, (\d\d)[ -]([A-Z][a-z]{2})[ -](\d{4}|\d\d) (\d\d):(\d\d):(\d\d) GMT$/;

/** `Sun Nov  6 08:49:37 1994`, as C's asctime writes it. It is in GMT all the same. */
const asctime = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/**
 * The time of an HTTP date in milliseconds since 1970, in any of the three forms that must be read; `undefined` if it is none.
 * `Date.parse` would read far more than that (`'2'` is a date to it) and takes asctime's form for local time. RFC 9110, 5.6.7.
 */
export function parseHttpDate(text: string): number | undefined {
  const common = fixedOrRfc850.exec(text);
  if (common !== null) {
    const [, day, month, year = '', hour, minute, second] = common;
    return utc(year.length === 2 ? fullYear(Number(year)) : Number(year), month, day, hour, minute, second);
  }
  const old = asctime.exec(text);
  if (old === null) return undefined;
  const [, month, day, hour, minute, second, year] = old;
  return utc(Number(year), month, day, hour, minute, second);
}

/** Two digits that would lie more than 50 years ahead mean the past. */
function fullYear(year: number): number {
  const now = new Date().getUTCFullYear();
  const ahead = now - (now % 100) + year;
  return ahead > now + 50 ? ahead - 100 : ahead;
}

function utc(
  year: number,
  monthName: string | undefined,
  ...[day, hour, minute, second]: (string | undefined)[]
): number | undefined {
  const month = months.indexOf(monthName ?? '');
  const [d, h, m, s] = [Number(day), Number(hour), Number(minute), Number(second)];
  // A leap second is a valid time.
  if (month < 0 || month % 3 !== 0 || h > 23 || m > 59 || s > 60) return undefined;
  const date = new Date(0);
  // Not Date.UTC, to which the years 0 to 99 are the 20th century's.
  date.setUTCFullYear(year, month / 3, d);
  if (date.getUTCDate() !== d) return undefined;
  return date.setUTCHours(h, m, s);
}
