// cold. What an SQL text asks, and what it changes of the prepared statements: those of PREPARE and of Parse share their
// names. Source: PostgreSQL documentation, "Extended Query" and PREPARE.
import type { Change, Names, Statement } from './prepared.ts';
import type { Asked } from './request.ts';
import { findSayings, type Saying, withoutArguments } from './sql-prepare.ts';

export interface Spoken {
  readonly asked: Asked;
  /** In their order; the server says which of them it has made. */
  readonly changes: Change<Statement>[];
}

/** @param hasBodies whether arguments are to be told
 *  @param onFull called when not all that the text says was read */
export function speak(
  given: string,
  wasCut: boolean,
  statements: Names<Statement>,
  hasBodies: boolean,
  onFull: () => void,
): Spoken {
  const { found: all, isAlone, endsAt } = findSayings(given);
  if (endsAt < given.length) onFull();
  const sql = given.slice(0, endsAt);
  const isCut = wasCut || endsAt < given.length;
  // What the end of a cut text touches may go on: another name.
  const found = isCut ? all.filter(({ at }) => at < sql.length) : all;
  const [first] = found;
  if (first?.verb === 'EXECUTE' && isAlone)
    return { asked: executeOf(first, sql, isCut, statements.get(first.name ?? ''), hasBodies), changes: [] };
  const text = withoutArguments(sql, found);
  const changes = found.flatMap(saying => changesOf(saying, sql, isCut, statements));
  return { asked: { sql: text, isCut: isCut || text !== sql }, changes };
}

function executeOf(
  saying: Saying,
  sql: string,
  isCut: boolean,
  statement: Statement | undefined,
  hasBodies: boolean,
): Asked {
  if (statement === undefined) {
    const text = withoutArguments(sql, [saying]);
    return { sql: text, isCut: isCut || text !== sql, execute: 'unknown' };
  }
  const params = hasBodies ? saying.args : undefined;
  return { sql: saying.lead + statement.sql, params, isCut: isCut || statement.isCut, execute: 'known' };
}

function changesOf(
  { verb, name, at, end }: Saying,
  sql: string,
  isCut: boolean,
  statements: Names<Statement>,
): readonly Change<Statement>[] {
  if (verb === 'EXECUTE') return [];
  if (name === undefined) return [{ table: statements, name, before: undefined }];
  if (verb === 'DEALLOCATE') return [statements.set(name, undefined)];
  const text = sql.slice(at, end).trim();
  const statement = {
    sql: text,
    isCut: isCut && end === sql.length,
    types: [],
    asksTypes: false,
    textBytes: text.length,
  };
  return [statements.set(name, statement)];
}
