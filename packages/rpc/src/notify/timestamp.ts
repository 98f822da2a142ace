/**
 * The time in UTC as Python's `str(datetime)` writes it: `YYYY-MM-DD HH:MM:SS.ffffff`, without the fraction when it is
 * zero. spec 9.
 */
export function formatTimestamp(date: Date): string {
  const [day, time = ''] = date.toISOString().slice(0, -1).split('T');
  return date.getMilliseconds() === 0 ? `${day} ${time.slice(0, -'.000'.length)}` : `${day} ${time}000`;
}
