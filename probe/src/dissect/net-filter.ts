/** hot. Keeps or leaves out packets by address and port; nothing is allocated per packet. */
import type { Packet } from './packet.ts';

/** One term of `filter-net` or `drop`: a network, a port, or both. A packet matches when one of its ends does. */
export interface NetRule {
  /** 4 or 6; 0 when any address will do. */
  readonly ipVersion: 0 | 4 | 6;
  /** Four words; an IPv4 address is in the last one, the others are 0. */
  readonly address: readonly [number, number, number, number];
  /** Bits of the address that count, 0..32 or 0..128. */
  readonly prefixBits: number;
  /** 0 when any port will do. */
  readonly port: number;
}

/** The rules are walked for every packet: at about 5 ns each, this many cost a microsecond. */
export const MAX_NET_RULES = 256;

/** Words of a compiled rule: version, port, four of the address, four of the mask. */
const STRIDE = 10;

/** @param keep only what matches one of these is kept; empty keeps everything
 *  @param drop what matches one of these is left out, even where `keep` matches
 *  @returns whether to look at a packet
 *  @throws RangeError when there are more than {@link MAX_NET_RULES} of a kind */
export function createNetFilter(keep: readonly NetRule[], drop: readonly NetRule[]): (packet: Packet) => boolean {
  const kept = compileRules('keep', keep);
  const dropped = compileRules('drop', drop);
  if (kept.length === 0 && dropped.length === 0) return () => true;
  return packet => (kept.length === 0 || matches(kept, packet)) && !matches(dropped, packet);
}

function compileRules(name: string, rules: readonly NetRule[]): Int32Array {
  if (rules.length > MAX_NET_RULES)
    throw new RangeError(`${name}: at most ${MAX_NET_RULES} rules, got ${rules.length}`);
  const words = new Int32Array(rules.length * STRIDE);
  rules.forEach((rule, index) => {
    const at = index * STRIDE;
    words[at] = rule.ipVersion;
    words[at + 1] = rule.port;
    for (let word = 0; word < 4; word++) {
      const mask = maskOf(rule, word);
      words[at + 2 + word] = (rule.address[word] ?? 0) & mask;
      words[at + 6 + word] = mask;
    }
  });
  return words;
}

function maskOf({ ipVersion, prefixBits }: NetRule, word: number): number {
  if (ipVersion === 4 && word < 3) return 0;
  const bits = ipVersion === 4 ? prefixBits : prefixBits - 32 * word;
  // A shift by 32 is a shift by 0.
  return bits <= 0 ? 0 : bits >= 32 ? -1 : -1 << (32 - bits);
}

function matches(rules: Int32Array, p: Packet): boolean {
  for (let at = 0; at < rules.length; at += STRIDE) {
    const version = rules[at] as number;
    if (version !== 0 && version !== p.ipVersion) continue;
    const port = rules[at + 1] as number;
    if ((port === 0 || port === p.srcPort) && isInside(rules, at, p.src0, p.src1, p.src2, p.src3)) return true;
    if ((port === 0 || port === p.dstPort) && isInside(rules, at, p.dst0, p.dst1, p.dst2, p.dst3)) return true;
  }
  return false;
}

function isInside(rules: Int32Array, at: number, a0: number, a1: number, a2: number, a3: number): boolean {
  return (
    ((a3 & (rules[at + 9] as number)) | 0) === rules[at + 5] &&
    ((a0 & (rules[at + 6] as number)) | 0) === rules[at + 2] &&
    ((a1 & (rules[at + 7] as number)) | 0) === rules[at + 3] &&
    ((a2 & (rules[at + 8] as number)) | 0) === rules[at + 4]
  );
}
