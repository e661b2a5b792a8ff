/** cold. Which worker of several a packet goes to, decided in the kernel: both directions of a conversation, and all its
 *  packets, to the same one. Returns a number that the kernel takes modulo the workers (PACKET_FANOUT_CBPF).
 *
 *  TCP is spread by addresses and ports, anything else by addresses alone, since only the first fragment of a datagram
 *  has ports. In tunnels the innermost packet counts, because the two directions of an overlay may take different
 *  gateways. What is read here is what dissect/ reads, within the bounds of a program without loops.
 *  Source: Linux, net/packet/af_packet.c (fanout_demux_bpf), packet(7) */
import {
  ADD_K,
  ADD_X,
  AND_K,
  assemble,
  ETHER_TYPE,
  JEQ_K,
  JSET_K,
  jump,
  jumpIf,
  LD_B_IND,
  LD_H_IND,
  LD_MEM,
  LD_W_ABS,
  LD_W_IND,
  LDX_IMM,
  LDX_MEM,
  type Line,
  LSH_K,
  label,
  MUL_K,
  NET_OFFSET,
  op,
  type Program,
  RET_A,
  RET_K,
  RSH_K,
  ST,
  STX,
  TAX,
  TXA,
  XOR_X,
} from './bpf.ts';

/** Tunnels that are looked into, one in the other; below them the innermost header reached decides. */
const MAX_TUNNELS = 2;

/** Words of scratch memory. */
const DIGEST = 0;
const HEADER_AT = 1;
const KEPT = 2;
const FLAGS = 3;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_TRANSPARENT_ETHERNET = 0x6558;
const ETHERTYPE_ERSPAN = 0x88be;
const ETHERTYPE_ERSPAN_III = 0x22eb;
const TAGS = [0x8100, 0x88a8, 0x9100, 0x9200];
const IPIP = 4;
const TCP = 6;
const UDP = 17;
const SIX_IN_FOUR = 41;
const GRE = 47;

/** 2^32 divided by the golden ratio: spreads neighbouring numbers. Source: Knuth, TAOCP 3, section 6.4 */
const GOLDEN = 0x9e3779b1;

/** X is always the offset, from the network header, of what is looked at. */
const word = (at: number): Line => op(LD_W_IND, NET_OFFSET + at);
const half = (at: number): Line => op(LD_H_IND, NET_OFFSET + at);
const byte = (at: number): Line => op(LD_B_IND, NET_OFFSET + at);
/** X grows. */
const skip = (bytes: number): Line[] => [op(TXA), op(ADD_K, bytes), op(TAX)];
const skipA = (): Line[] => [op(ADD_X), op(TAX)];
const keep = (place: number): Line => op(ST, place);
const recall = (place: number): Line => op(LD_MEM, place);
/** Goes where `to` is, however far, unless the comparison holds: a plain jump has no limit. */
const unless = (code: number, k: number, to: string, unique: string): Line[] => [
  jumpIf(code, k, unique),
  jump(to),
  label(unique),
];
const when = (code: number, k: number, to: string, unique: string): Line[] => [
  jumpIf(code, k, undefined, unique),
  jump(to),
  label(unique),
];

export const spreadProgram = (): Program =>
  assemble([
    op(LDX_IMM, 0),
    op(LD_W_ABS, ETHER_TYPE),
    ...Array.from({ length: MAX_TUNNELS + 1 }, (_, level) => levelLines(level)).flat(),
    label('done'),
    recall(DIGEST),
    op(MUL_K, GOLDEN),
    op(RSH_K, 16),
    op(RET_A),
    // ARP and what else makes no conversation.
    label('elsewhere'),
    op(RET_K, 0),
  ]);

/** A: an EtherType; X: what it is the type of. */
const levelLines = (n: number): Line[] => [
  ...etherTypeLines(n),
  ...ipLines(n),
  ...transportLines(n),
  ...(n === MAX_TUNNELS ? [] : [...udpTunnelLines(n), ...greLines(n), ...innerEthernetLines(n)]),
];

/** The kernel takes the outermost tag off; two may be left in what is sent. */
const etherTypeLines = (n: number): Line[] => [
  label(`type-${n}`),
  ...[0, 1].flatMap(depth => [
    jumpIf(JEQ_K, ETHERTYPE_IPV4, `ip-${n}`),
    jumpIf(JEQ_K, ETHERTYPE_IPV6, `ip-${n}`),
    ...TAGS.map(tag => jumpIf(JEQ_K, tag, `tag-${n}-${depth}`)),
    jump('elsewhere'),
    label(`tag-${n}-${depth}`),
    half(2),
    keep(KEPT),
    ...skip(4),
    recall(KEPT),
  ]),
  jumpIf(JEQ_K, ETHERTYPE_IPV4, `ip-${n}`),
  ...unless(JEQ_K, ETHERTYPE_IPV6, 'elsewhere', `ip-${n}`),
];

/** X: IP header → X: what follows it, A: its protocol, DIGEST: the addresses. */
const ipLines = (n: number): Line[] => [
  byte(0),
  op(RSH_K, 4),
  jumpIf(JEQ_K, 4, `v4-${n}`),
  ...unless(JEQ_K, 6, 'elsewhere', `v6-${n}`),
  ...addressLines(20, 36),
  byte(6),
  keep(KEPT),
  ...skip(40),
  jump(`transport-${n}`),
  label(`v4-${n}`),
  ...addressLines(12, 16),
  half(6),
  ...when(JSET_K, 0x3fff, 'done', `whole-${n}`),
  byte(9),
  keep(KEPT),
  byte(0),
  op(AND_K, 0xf),
  op(LSH_K, 2),
  ...skipA(),
  label(`transport-${n}`),
  recall(KEPT),
];

const addressLines = (src: number, dst: number): Line[] => [
  op(STX, HEADER_AT),
  word(src),
  keep(DIGEST),
  word(dst),
  op(LDX_MEM, DIGEST),
  op(XOR_X),
  keep(DIGEST),
  op(LDX_MEM, HEADER_AT),
];

const transportLines = (n: number): Line[] => [
  jumpIf(JEQ_K, TCP, `tcp-${n}`),
  ...(n === MAX_TUNNELS
    ? []
    : [
        jumpIf(JEQ_K, UDP, `udp-${n}`),
        ...when(JEQ_K, GRE, `gre-${n}`, `no-gre-${n}`),
        ...when(JEQ_K, IPIP, `ip-${n + 1}`, `no-ipip-${n}`),
        ...when(JEQ_K, SIX_IN_FOUR, `ip-${n + 1}`, `no-6in4-${n}`),
      ]),
  jump('done'),
  label(`tcp-${n}`),
  half(0),
  keep(KEPT),
  half(2),
  op(LDX_MEM, KEPT),
  op(XOR_X),
  op(MUL_K, GOLDEN),
  op(LDX_MEM, DIGEST),
  op(XOR_X),
  keep(DIGEST),
  jump('done'),
];

/** X: UDP header, 8 bytes before the tunnel's. */
const udpTunnelLines = (n: number): Line[] => [
  label(`udp-${n}`),
  half(2),
  jumpIf(JEQ_K, 4789, `vxlan-${n}`),
  jumpIf(JEQ_K, 8472, `vxlan-${n}`),
  jumpIf(JEQ_K, 6081, `geneve-${n}`),
  ...when(JEQ_K, 2152, `gtp-${n}`, `no-gtp-${n}`),
  jump('done'),
  label(`vxlan-${n}`),
  word(8),
  jumpIf(JEQ_K, 0x08000000, `vni-${n}`),
  op(AND_K, 0xffb70000),
  ...unless(JEQ_K, 0x88000000, 'done', `vni-${n}`),
  ...skip(16),
  jump(`ethernet-${n + 1}`),
  label(`geneve-${n}`),
  half(8),
  ...when(JSET_K, 0xc0bf, 'done', `user-${n}`),
  half(10),
  keep(KEPT),
  byte(8),
  op(LSH_K, 2),
  op(ADD_K, 16),
  ...skipA(),
  recall(KEPT),
  ...when(JEQ_K, ETHERTYPE_TRANSPARENT_ETHERNET, `ethernet-${n + 1}`, `no-bridge-${n}`),
  jump(`type-${n + 1}`),
  ...gtpLines(n),
];

/** With the one extension header that 5G puts into every packet. Source: 3GPP TS 29.281 §5.1; TS 38.415 §5.5 */
const gtpLines = (n: number): Line[] => [
  label(`gtp-${n}`),
  half(8),
  op(AND_K, 0xf8ff),
  ...unless(JEQ_K, 0x30ff, 'done', `g-pdu-${n}`),
  byte(8),
  jumpIf(JSET_K, 7, `options-${n}`),
  ...skip(16),
  jump(`ip-${n + 1}`),
  label(`options-${n}`),
  jumpIf(JSET_K, 4, undefined, `no-extension-${n}`),
  byte(19),
  jumpIf(JEQ_K, 0, `no-extension-${n}`),
  byte(20),
  op(LSH_K, 2),
  op(ADD_K, 20),
  ...skipA(),
  jump(`ip-${n + 1}`),
  label(`no-extension-${n}`),
  ...skip(20),
  jump(`ip-${n + 1}`),
];

/** X: GRE header. Source: RFC 2890 §2, draft-foschiano-erspan §4 */
const greLines = (n: number): Line[] => [
  label(`gre-${n}`),
  op(STX, HEADER_AT),
  half(0),
  ...when(JSET_K, 0x4fff, 'done', `gre-known-${n}`),
  keep(FLAGS),
  half(2),
  keep(KEPT),
  // Four bytes, and four more for each of checksum, key and sequence number.
  recall(FLAGS),
  op(RSH_K, 15),
  op(TAX),
  recall(FLAGS),
  op(RSH_K, 13),
  op(AND_K, 1),
  ...skipA(),
  recall(FLAGS),
  op(RSH_K, 12),
  op(AND_K, 1),
  op(ADD_X),
  op(ADD_K, 1),
  op(LSH_K, 2),
  op(LDX_MEM, HEADER_AT),
  ...skipA(),
  recall(KEPT),
  ...when(JEQ_K, ETHERTYPE_TRANSPARENT_ETHERNET, `ethernet-${n + 1}`, `no-nvgre-${n}`),
  jumpIf(JEQ_K, ETHERTYPE_ERSPAN, `erspan-${n}`),
  jumpIf(JEQ_K, ETHERTYPE_ERSPAN_III, `erspan3-${n}`),
  jump(`type-${n + 1}`),
  label(`erspan-${n}`),
  recall(FLAGS),
  // Without a sequence number type I: no header.
  ...unless(JSET_K, 0x1000, `ethernet-${n + 1}`, `erspan2-${n}`),
  ...skip(8),
  jump(`ethernet-${n + 1}`),
  label(`erspan3-${n}`),
  half(10),
  op(RSH_K, 10),
  op(AND_K, 0x1f),
  keep(KEPT),
  half(10),
  op(AND_K, 1),
  op(LSH_K, 3),
  op(ADD_K, 12),
  ...skipA(),
  recall(KEPT),
  ...when(JEQ_K, 2, `ip-${n + 1}`, `erspan-frame-${n}`),
];

/** X: an Ethernet frame in a tunnel. */
const innerEthernetLines = (n: number): Line[] => [
  label(`ethernet-${n + 1}`),
  half(12),
  keep(KEPT),
  ...skip(14),
  recall(KEPT),
];
