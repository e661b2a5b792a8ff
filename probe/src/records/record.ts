/** A finished record with plain field names, as docs/fields.md lists them. `host`, `short_message`, `timestamp` and
 *  `level` are GELF's own; every other name gets GELF's underscore on the wire. */
export type OutputRecord = { [field: string]: string | number | readonly unknown[] | object | undefined };
