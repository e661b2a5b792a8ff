/** cold. What every record begins as. */
import type { FieldTable } from '@nanogelf/codec/fields';
import type { OutputRecord } from './record.ts';

/** Records are copies of a blank one whose fields are then set by name: so all of a kind share one hidden class. Adding
 *  80 fields one after the other to a smaller object costs V8 some hundred times as much (70 µs a record).
 *  @returns a record with every field of the tables, in their order, all undefined; to be copied with `{ ...blank }` */
export const blankRecord = (...tables: readonly FieldTable[]): OutputRecord =>
  Object.fromEntries(tables.flatMap(table => Object.keys(table)).map(name => [name, undefined]));
