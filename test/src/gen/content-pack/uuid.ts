import { createHash } from 'node:crypto';

/** Of this project alone: names made with it meet no other's. */
const NAMESPACE = Buffer.from('6f1c1f0e5d3a4b7c9a2e8d4471b0c352', 'hex');

/** @returns the same id for the same name, always. Source: RFC 9562 section 5.5 (UUIDv5) */
export function stableId(name: string): string {
  const hash = createHash('sha1').update(NAMESPACE).update(name).digest().subarray(0, 16);
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
