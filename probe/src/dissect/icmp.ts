/** hot. Which ICMP type answers which: what makes a request and its answer one conversation.
 *  Source: Community ID v1 specification, ICMP; the types are IANA's. */

const NONE = -1;

function pair(...pairs: readonly (readonly [number, number])[]): Int16Array {
  const table = new Int16Array(256).fill(NONE);
  for (const [request, answer] of pairs) {
    table[request] = answer;
    table[answer] = request;
  }
  return table;
}

/** Echo, router solicitation, timestamp, information, address mask. */
const REQUESTS_V4 = [8, 10, 13, 15, 17];
const V4 = pair([8, 0], [10, 9], [13, 14], [15, 16], [17, 18]);
/** Echo, multicast listener query, router and neighbour solicitation, node information, home agent discovery. */
const REQUESTS_V6 = [128, 130, 133, 135, 139, 144];
const V6 = pair([128, 129], [130, 131], [133, 134], [135, 136], [139, 140], [144, 145]);

/** @returns the type that answers `type` (or that it answers), -1 when it travels one way only */
export function icmpCounterpart(v6: boolean, type: number): number {
  return (v6 ? V6 : V4)[type]!;
}

/** Whether a message of `type` is the answer of a pair, so that its sender is not the one who began. */
export function isIcmpAnswer(v6: boolean, type: number): boolean {
  return icmpCounterpart(v6, type) !== NONE && !(v6 ? REQUESTS_V6 : REQUESTS_V4).includes(type);
}
