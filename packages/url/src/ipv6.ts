/** Whether the text is an IPv6 address (RFC 4291, section 2.2), without brackets and without a zone. */
export function isIpv6(text: string): boolean {
  const gap = text.indexOf('::');
  if (gap === -1) return countGroups(text, true) === 8;
  const head = text.slice(0, gap);
  const tail = text.slice(gap + 2);
  const heads = head === '' ? 0 : countGroups(head, false);
  const tails = tail === '' ? 0 : countGroups(tail, true);
  return heads >= 0 && tails >= 0 && heads + tails <= 7;
}

/** How many 16-bit groups the text writes out; -1 if it is not groups and colons. */
function countGroups(text: string, ipv4Tail: boolean): number {
  const groups = text.split(':', 9);
  const last = groups.at(-1) ?? '';
  const dotted = ipv4Tail && last.includes('.');
  const plain = dotted ? groups.slice(0, -1) : groups;
  if (!plain.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return -1;
  if (!dotted) return plain.length;
  return isIpv4(last) ? plain.length + 2 : -1;
}

function isIpv4(text: string): boolean {
  const parts = text.split('.', 5);
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255);
}
