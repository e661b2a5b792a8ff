// cold. The names that a statement's text has for its bind variables, in the order of their values.
import { readToken } from '../kit/redact/sql-tokens.ts';

/** Blocks of PL/SQL and calls; comments may stand before. */
const BLOCK = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/)*(?:begin|declare|call|<<)/i;

export const isBlock = (sql: string): boolean => BLOCK.test(sql);

export interface Marks {
  /** With the colon. In a block each name once, otherwise wherever it stands. */
  readonly names: readonly string[];
  /** How many at their end are given by the server, behind RETURNING … INTO: they have no values. */
  readonly returned: number;
}

export function readMarks(sql: string): Marks {
  const names: string[] = [];
  let isReturning = false;
  let from = -1;
  for (let token = readToken(sql, 0, 'standard', false); token.kind !== 'end'; ) {
    const text = sql.slice(token.at, token.end).toLowerCase();
    if (token.kind === 'mark') names.push(text);
    else if (text === 'returning' || text === 'return') isReturning = true;
    else if (text === 'into' && isReturning) from = names.length;
    token = readToken(sql, token.end, 'standard', false);
  }
  if (isBlock(sql)) return { names: [...new Set(names)], returned: 0 };
  return { names, returned: from < 0 ? 0 : names.length - from };
}
