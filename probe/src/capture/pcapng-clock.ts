/** hot. The clock of a pcapng interface: 64-bit stamps in the interface's own unit → whole microseconds.
 *  Source: draft-ietf-opsawg-pcapng, section 4.2 (if_tsresol, if_tsoffset) */

/** Where the plain arithmetic below stays inside 53 bits: powers of ten from microseconds to picoseconds. */
const MIN_EXPONENT = 6;
const MAX_EXPONENT = 12;

export class PcapngClock {
  readonly #offsetUs: number;
  readonly #resolution: number;
  /** Units in a microsecond, 0 for a resolution that needs long arithmetic; 2^32 divided by it, and what is left. */
  readonly #perUs: number;
  readonly #highUs: number;
  readonly #highRest: number;

  /** @param resolution if_tsresol: 10^-N seconds, or 2^-N with the top bit set
   *  @param offsetSeconds if_tsoffset */
  constructor(resolution: number, offsetSeconds: number) {
    this.#offsetUs = offsetSeconds * 1e6;
    this.#resolution = resolution;
    this.#perUs = resolution >= MIN_EXPONENT && resolution <= MAX_EXPONENT ? 10 ** (resolution - 6) : 0;
    this.#highUs = Math.floor(2 ** 32 / this.#perUs);
    this.#highRest = 2 ** 32 % this.#perUs;
  }

  /** @param high upper and @param low lower 32 bits of the stamp
   *  @returns microseconds since the epoch, rounded down */
  us(high: number, low: number): number {
    if (this.#perUs === 0) return this.#usLong(high, low);
    return high * this.#highUs + Math.floor((high * this.#highRest + low) / this.#perUs) + this.#offsetUs;
  }

  /** For the resolutions nobody uses: binary fractions, coarser than microseconds. */
  #usLong(high: number, low: number): number {
    const exponent = BigInt(this.#resolution & 0x7f);
    const perSecond = this.#resolution & 0x80 ? 2n ** exponent : 10n ** exponent;
    const units = (BigInt(high) << 32n) | BigInt(low);
    return Number((units * 1_000_000n) / perSecond) + this.#offsetUs;
  }
}
