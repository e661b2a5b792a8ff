/** @param random like Math.random
 *  @returns the datagram with something wrong with it: some bits, its length, or another one's tail */
export function mutate(datagram: Uint8Array, other: Uint8Array, random: () => number): Uint8Array {
  const below = (limit: number) => Math.floor(random() * limit);
  switch (below(4)) {
    case 0:
      return datagram.subarray(0, below(datagram.length));
    case 1:
      return Buffer.concat([datagram, Buffer.alloc(1 + below(40), below(256))]);
    case 2: {
      const at = 1 + below(datagram.length - 1);
      const spliced = Buffer.concat([datagram.subarray(0, at), other.subarray(at)]);
      return spliced.equals(datagram) || spliced.equals(other) ? flipBits(datagram, below) : spliced;
    }
    default:
      return flipBits(datagram, below);
  }
}

/** One bit at least: a further one must not undo the first. */
function flipBits(datagram: Uint8Array, below: (limit: number) => number): Uint8Array {
  const flipped = Buffer.from(datagram);
  for (let at = below(flipped.length); at < flipped.length; at += 1 + below(flipped.length)) {
    flipped[at] = (flipped[at] as number) ^ (1 << below(8));
  }
  return flipped;
}

/** @returns a function that gives datagrams of 0 to 1,500 random bytes, one in two with a header that looks right */
export function createNoise(header: Uint8Array, random: () => number): () => Uint8Array {
  const pool = Buffer.from(Uint32Array.from({ length: 1 << 18 }, () => random() * 2 ** 32).buffer);
  return () => {
    const at = Math.floor(random() * (pool.length - 1_500));
    const noise = pool.subarray(at, at + Math.floor(random() * 1_500));
    if (random() < 0.5 || noise.length < header.length) return noise;
    const disguised = Buffer.from(noise);
    disguised.set(header);
    return disguised;
  };
}
