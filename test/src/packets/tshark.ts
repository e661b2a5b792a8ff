// cold. Reads frames back with tshark: an independent judge of what the builder made.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHECKED = ['ip', 'tcp', 'udp'].flatMap(protocol => ['-o', `${protocol}.check_checksum:TRUE`]);

/** @param pcap a whole file
 *  @param fields tshark field names
 *  @returns one row per frame, one text per field; several values of a field are joined by commas */
export function tsharkFields(pcap: Uint8Array, fields: readonly string[], options: readonly string[] = []): string[][] {
  return withFile(pcap, file => {
    const args = ['-n', '-r', file, '-T', 'fields', ...fields.flatMap(field => ['-e', field]), ...CHECKED, ...options];
    const text = execFileSync('tshark', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return text
      .split('\n')
      .slice(0, -1)
      .map(line => line.split('\t'));
  });
}

function withFile<T>(bytes: Uint8Array, use: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'nanogelf-'));
  try {
    const file = join(folder, 'frames.pcap');
    writeFileSync(file, bytes);
    return use(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
