/** cold. How many bytes of each packet the kernel copies, decided in the kernel: the largest single lever on the cost of
 *  capture.
 *  Source: RFC 791 section 3.1, RFC 8200 section 3, RFC 9293 section 3.1, RFC 768 */
import {
  ADD_K,
  ADD_X,
  AND_K,
  ETHER_TYPE,
  JEQ_K,
  JGE_K,
  JSET_K,
  jump,
  jumpIf,
  LD_B_ABS,
  LD_B_IND,
  LD_H_ABS,
  LD_H_IND,
  LD_IMM,
  LD_MEM,
  LD_W_ABS,
  LDX_IMM,
  LDX_MSH,
  type Line,
  label,
  NET_OFFSET,
  op,
  RET_A,
  RET_K,
  RSH_K,
  ST,
} from './bpf.ts';

/** Which packets are taken short. TCP and UDP to and from other ports than `fullPorts` are cut to their headers and the
 *  first `detectBytes` of payload, at least `snapBytes`; everything else (fragments, tunnels, ICMP, what is not IP) is
 *  rare or needed whole. */
export interface SnapPolicy {
  /** Ports whose packets are taken whole; at most MAX_FULL_PORTS. */
  readonly fullPorts?: readonly number[];
  readonly snapBytes: number;
  /** Payload bytes that detection by content gets to see of every packet. */
  readonly detectBytes: number;
}

/** Each port costs four instructions of the kernel's 4096, and every packet of other ports passes them all. */
export const MAX_FULL_PORTS = 256;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERNET_BYTES = 14;
const IPV6_BYTES = 40;
const UDP_BYTES = 8;
const TCP = 6;
const UDP = 17;

/** @param policy undefined: every packet up to `maxBytes`
 *  @returns the lines that end a program, each way returning a snap length
 *  @throws RangeError for a port or a length that cannot be */
export function snapLines(maxBytes: number, policy?: SnapPolicy): Line[] {
  if (policy === undefined) return [op(RET_K, maxBytes)];
  checkPolicy(policy);
  const { fullPorts = [], snapBytes, detectBytes } = policy;
  return [
    ...readTransport(),
    op(LD_H_IND, NET_OFFSET),
    ...fullIfPort(fullPorts, 'source'),
    op(LD_H_IND, NET_OFFSET + 2),
    ...fullIfPort(fullPorts, 'destination'),
    ...headerBytes(),
    op(ADD_K, ETHERNET_BYTES + detectBytes),
    jumpIf(JGE_K, snapBytes, 'snap-computed'),
    op(RET_K, snapBytes),
    label('snap-computed'),
    op(RET_A),
    label('snap-full'),
    op(RET_K, maxBytes),
  ];
}

/** X: bytes of the IP header; M[0]: TCP or UDP. Whatever else it is, is taken whole, and so is a frame with a tag left in
 *  it: what the kernel calls its network header is that tag, whose priority may look like a version of IP. */
const readTransport = (): Line[] => [
  op(LD_W_ABS, ETHER_TYPE),
  jumpIf(JEQ_K, ETHERTYPE_IPV4, 'snap-ipv4'),
  ...fullUnless(jumpIf(JEQ_K, ETHERTYPE_IPV6, 'snap-ipv6')),
  label('snap-ipv4'),
  op(LD_H_ABS, NET_OFFSET + 6),
  jumpIf(JSET_K, 0x1fff, 'snap-no-ports'),
  op(LDX_MSH, NET_OFFSET),
  op(LD_B_ABS, NET_OFFSET + 9),
  jump('snap-transport'),
  label('snap-ipv6'),
  op(LDX_IMM, IPV6_BYTES),
  op(LD_B_ABS, NET_OFFSET + 6),
  label('snap-transport'),
  op(ST, 0),
  jumpIf(JEQ_K, TCP, 'snap-ports'),
  jumpIf(JEQ_K, UDP, 'snap-ports'),
  label('snap-no-ports'),
  jump('snap-full'),
  label('snap-ports'),
];

const fullUnless = (comparison: Line): Line[] => [comparison, jump('snap-full')];

/** A comparison jumps 255 instructions at most, a plain jump as far as it takes. */
const fullIfPort = (ports: readonly number[], side: string): Line[] =>
  ports.flatMap(port => [
    jumpIf(JEQ_K, port, undefined, `snap-not-${side}-${port}`),
    jump('snap-full'),
    label(`snap-not-${side}-${port}`),
  ]);

/** A: bytes of the IP and the transport header. */
const headerBytes = (): Line[] => [
  op(LD_MEM, 0),
  jumpIf(JEQ_K, TCP, 'snap-tcp'),
  op(LD_IMM, UDP_BYTES),
  jump('snap-headers'),
  label('snap-tcp'),
  op(LD_B_IND, NET_OFFSET + 12),
  op(RSH_K, 2),
  op(AND_K, 0x3c),
  label('snap-headers'),
  op(ADD_X),
];

function checkPolicy({ fullPorts = [], snapBytes, detectBytes }: SnapPolicy): void {
  const bad = fullPorts.find(port => !isWithin(port, 0, 65535));
  if (bad !== undefined) throw new RangeError(`fullPorts: expected ports from 0 to 65535, got ${bad}`);
  if (fullPorts.length > MAX_FULL_PORTS)
    throw new RangeError(`fullPorts: expected at most ${MAX_FULL_PORTS}, got ${fullPorts.length}`);
  if (!isWithin(snapBytes, 1, 262144)) throw new RangeError(`snapBytes: expected 1 to 262144, got ${snapBytes}`);
  if (!isWithin(detectBytes, 0, 65535)) throw new RangeError(`detectBytes: expected 0 to 65535, got ${detectBytes}`);
}

const isWithin = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;
