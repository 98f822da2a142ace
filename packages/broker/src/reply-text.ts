/** A text for a short string, which holds 255 octets: what is longer is cut between characters. */
export function cutText(text: string): string {
  if (Buffer.byteLength(text) <= 255) return text;
  let cut = text.slice(0, 255);
  while (Buffer.byteLength(cut) > 255) cut = cut.slice(0, -1);
  // Half of a surrogate pair is no character.
  return /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut;
}
