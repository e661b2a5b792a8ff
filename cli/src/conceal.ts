/** The key texts that are secret: a probe's own, an X25519 secret, a master. See docs/envelope.md, "Key text". */
const SECRET_KEY = /nk1([psm])_[A-Za-z0-9_-]+/g;

/** What the commands write about themselves goes through here: a key pasted where a file name or a command belongs is
 *  quoted in an error, and must not be.
 *  @returns `text` with every secret key replaced by its prefix */
export const concealKeys = (text: string): string => text.replace(SECRET_KEY, 'nk1$1_[secret]');
