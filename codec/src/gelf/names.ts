// cold. Plain field names, as records carry them, to GELF's names and back.

/** The names that GELF gives a meaning to; every other field carries an underscore on the wire. */
export const GELF_NAMES: ReadonlySet<string> = new Set([
  'version',
  'host',
  'short_message',
  'full_message',
  'timestamp',
  'level',
]);

const ALLOWED = /^[\w.-]+$/;
const NOT_ALLOWED = /[^\w.-]/gu;

/** Whether GELF allows all of its characters. */
export const isGelfName = (name: string): boolean => ALLOWED.test(name);

/** Source: GELF 1.1, "additional field".
 *  @param name plain name of a field, any text
 *  @returns its name in GELF: GELF's own as they are, others with an underscore before them, characters GELF does not
 *  allow as underscores; `id` as `_id_`, because `_id` may not be used */
export function gelfName(name: string): string {
  if (GELF_NAMES.has(name)) return name;
  if (name === 'id') return '_id_';
  return `_${ALLOWED.test(name) ? name : name.replace(NOT_ALLOWED, '_')}`;
}

/** @param name name of a field in a GELF message, from anyone
 *  @returns its plain name: without its first underscore, unless what is left is empty, GELF's own, or a name that
 *  JavaScript gives a meaning to */
export function plainName(name: string): string {
  if (name === '_id_') return 'id';
  const allowed = ALLOWED.test(name) ? name : name.replace(NOT_ALLOWED, '_');
  const plain = allowed.startsWith('_') ? allowed.slice(1) : allowed;
  if (plain === '__proto__') return 'proto';
  return plain === '' || (plain !== allowed && GELF_NAMES.has(plain)) ? allowed : plain;
}
