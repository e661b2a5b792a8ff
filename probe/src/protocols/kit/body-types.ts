// cold. Which bodies are kept, by their Content-Type, and what is told of those that are no text.

/** Never text, even where the beginning looks like it. */
const MEDIA = /^(?:image\/(?!svg)|video\/|audio\/|font\/|application\/(?:zip|pdf|gzip|x-gzip|grpc))/i;
/** May be anything, text too. */
const OPAQUE = /^application\/octet-stream/i;
const UNKNOWN_TYPE = 'application/octet-stream';

export class BodyTypes {
  readonly #wanted: ReadonlySet<string>;

  /** @param wanted media types that are kept all the same, small: `image/png`, `image/*`, `*` */
  constructor(wanted: readonly string[]) {
    this.#wanted = new Set(wanted);
  }

  /** Whether the body is kept: it is asked for, or is text as far as its type tells; true without a type. */
  keeps(contentType: string): boolean {
    return this.isWanted(contentType) || !(isMedia(contentType) || OPAQUE.test(contentType));
  }

  /** Whether it is asked for also when it is no text. */
  isWanted(contentType: string): boolean {
    if (this.#wanted.size === 0) return false;
    const type = essenceOf(contentType);
    return this.#wanted.has(type) || this.#wanted.has(type.replace(/\/.*/, '/*')) || this.#wanted.has('*');
  }
}

/** @returns the type without its parameters, small. Source: WHATWG MIME Sniffing, "essence" */
const essenceOf = (contentType: string): string => (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();

export const isMedia = (contentType: string): boolean => MEDIA.test(contentType);

/** @param bytes of a body that is no text; secrets in it are not looked for
 *  @returns `data:image/png;base64,iVBOR…`. Source: RFC 2397 */
export const dataUrl = (contentType: string, bytes: Uint8Array): string =>
  `data:${essenceOf(contentType) || UNKNOWN_TYPE};base64,${Buffer.from(bytes).toString('base64')}`;
