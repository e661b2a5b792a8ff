/** What a field of a record is. One table per kind of record is the single source from which the record's type,
 *  docs/fields.md, the JSON schema, the index templates and the Logstash mapping are derived. */
export type FieldType = 'keyword' | 'text' | 'ip' | 'long' | 'double' | 'date' | 'object';

export interface Field {
  readonly type: FieldType;
  /** What the number counts: `B` bytes, `ms` milliseconds, `s` seconds, `%` 0-100. */
  readonly unit?: 'B' | 'ms' | 's' | '%';
  /** True when the value is a list. */
  readonly many?: true;
  /** One line for a reader of the record. */
  readonly doc: string;
}

/** Fields by name. A name that ends in `*` stands for all names with that beginning (`probe_records_*`). */
export type FieldTable = { readonly [name: string]: Field };

type Scalar<T extends FieldType> = T extends 'long' | 'double' ? number : T extends 'object' ? object : string;
type Value<F extends Field> = F extends { many: true } ? readonly Scalar<F['type']>[] : Scalar<F['type']>;
type Name<K> = K extends `${infer Beginning}*` ? `${Beginning}${string}` : K;

/** The record that a table describes. A value that was not observed is left out, so every field is optional. */
export type RecordOf<T extends FieldTable> = { [K in keyof T as Name<K>]?: Value<T[K]> };

/** Keeps the literal types of a table, so that {@link RecordOf} can derive from it. */
export const defineFields = <const T extends FieldTable>(table: T): T => table;
