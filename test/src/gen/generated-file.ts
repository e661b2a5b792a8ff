/** A file that is made, not written: the same bytes on every machine and run. */
export interface GeneratedFile {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}
