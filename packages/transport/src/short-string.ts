/** Whether it fits into AMQP's shortstr: 255 bytes. */
export function isShortString(text: string): boolean {
  // A character of a JavaScript string takes at most three bytes: most need not be measured.
  return text.length <= 85 || Buffer.byteLength(text) <= 255;
}
