/** An option that was given and has no effect. */
export interface IgnoredOption {
  readonly option: string;
  readonly reason: string;
}
