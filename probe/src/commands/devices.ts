/** cold. `nano-probe devices`: the interfaces that can be captured on. */
import { devices } from '../capture/devices.ts';

const HEADINGS = ['NAME', 'STATE', 'MAC', 'ADDRESSES'];

/** Prints one line per interface on standard output. */
export function listDevices(): void {
  const rows = devices().map(({ name, up, loopback, mac, addresses }) => [
    name,
    `${up ? 'up' : 'down'}${loopback ? ' loopback' : ''}`,
    mac || '-',
    addresses.join(' ') || '-',
  ]);
  process.stdout.write(formatTable([HEADINGS, ...rows]));
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)));
  const format = (row: readonly string[]): string =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return rows.map(row => `${format(row).trimEnd()}\n`).join('');
}
