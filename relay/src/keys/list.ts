// cold. The registry as a table for people and as JSON for programs; neither holds a key.
import type { RegistryRow } from '@nanogelf/codec';

export interface ListedKey {
  readonly kid: number;
  readonly name: string;
  readonly suite: string;
  readonly state: 'valid' | 'not yet' | 'expired' | 'revoked';
  readonly hosts: readonly string[];
  readonly not_before?: string;
  readonly not_after?: string;
  readonly revoked?: string;
}

export function describeRow(row: RegistryRow, nowS: number): ListedKey {
  return {
    kid: row.kid,
    name: row.name,
    suite: row.suite,
    state: stateOf(row, nowS),
    hosts: row.hosts ?? [],
    ...(row.notBeforeS !== undefined && { not_before: timeText(row.notBeforeS) }),
    ...(row.notAfterS !== undefined && { not_after: timeText(row.notAfterS) }),
    ...(row.revokedS !== undefined && { revoked: timeText(row.revokedS) }),
  };
}

function stateOf(row: RegistryRow, nowS: number): ListedKey['state'] {
  if (row.revokedS !== undefined) return 'revoked';
  if (nowS < (row.notBeforeS ?? 0)) return 'not yet';
  return nowS >= (row.notAfterS ?? Number.POSITIVE_INFINITY) ? 'expired' : 'valid';
}

const timeText = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

/** @returns lines of aligned columns, the first one their titles */
export function formatTable(keys: readonly ListedKey[]): string[] {
  const rows = [['KID', 'NAME', 'SUITE', 'STATE', 'UNTIL', 'HOSTS'], ...keys.map(cellsOf)];
  const widths = (rows[0] as string[]).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)));
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
}

const cellsOf = (key: ListedKey): string[] => [
  String(key.kid),
  key.name,
  key.suite,
  key.state,
  key.revoked ?? key.not_after ?? '-',
  key.hosts.join(',') || 'any',
];
