/** cold. Filters that do not care how a frame is tagged: `tcp port 80` means port 80 in a VLAN too.
 *  Source: pcap-filter(7), on `vlan` and `ether proto` */

/** After one of these libpcap looks further inside until the end of the expression: who writes one says himself what
 *  his frames have around them. */
const MOVES_INSIDE = /\b(vlan|mpls|pppoed|pppoes|geneve)\b/;

/** Those that `vlan` passes over. */
const TAGS = ['0x8100', '0x88a8', '0x9100'];
const UNTAGGED = TAGS.map(tag => `not ether proto ${tag}`).join(' and ');

/** A frame is judged behind its tags and only there: on a tagged one `not port 22` would hold as well where it begins.
 *  The kernel takes the outermost tag off what it receives; that frame is judged as one without it.
 *  @param expression a pcap filter for Ethernet
 *  @returns one that says of a frame with one or two tags in it what `expression` says of the frame without them; a
 *  frame that has none pays with three comparisons */
export function matchTagged(expression: string): string {
  if (expression.trim() === '' || MOVES_INSIDE.test(expression)) return expression;
  const untagged = `(${UNTAGGED} and (${expression}))`;
  return `${untagged} or (vlan and (${untagged} or (vlan and (${expression}))))`;
}
