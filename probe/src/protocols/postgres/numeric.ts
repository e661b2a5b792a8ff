// cold. Numbers with fractions.
import { int16 } from './wire.ts';

/** A longer number is not written out: eight bytes can stand for 131,072 digits. */
const DIGITS_LIMIT = 1000;
const HEADER_BYTES = 8;

const NEGATIVE = 0x4000;
const SPECIAL: ReadonlyMap<number, string> = new Map([
  [0xc000, 'NaN'],
  [0xd000, 'Infinity'],
  [0xf000, '-Infinity'],
]);

/** Writes the binary form of numeric: digits of base 10,000. Source: postgres, numeric.c, numeric_send.
 *  @returns undefined when it is none, or a very long one */
export function numericText(value: Uint8Array): string | undefined {
  const [count, weight, sign, scale] = [
    int16(value, 0),
    (int16(value, 2) << 16) >> 16,
    int16(value, 4),
    int16(value, 6),
  ];
  if (value.length !== HEADER_BYTES + count * 2) return undefined;
  const special = SPECIAL.get(sign);
  if (special !== undefined) return special;
  if (weight * 4 > DIGITS_LIMIT || scale > DIGITS_LIMIT) return undefined;
  const digitsAt = (place: number): string => {
    const index = weight - place;
    const digits = index >= 0 && index < count ? int16(value, HEADER_BYTES + index * 2) : 0;
    return String(digits).padStart(4, '0');
  };
  let whole = '';
  for (let place = weight; place >= 0; place--) whole += digitsAt(place);
  let fraction = '';
  for (let place = -1; fraction.length < scale; place--) fraction += digitsAt(place);
  const text = whole.replace(/^0+/, '') || '0';
  return `${sign === NEGATIVE ? '-' : ''}${text}${scale > 0 ? `.${fraction.slice(0, scale)}` : ''}`;
}

/** Exponents from which on, and up to which, a number is written with one. Source: postgres, float4out and float8out. */
const SMALL_EXPONENT = -4;
const FLOAT4_DIGITS = 6;
const FLOAT8_DIGITS = 15;

export const float8Text = (value: number): string => floatText(value, value.toExponential(), FLOAT8_DIGITS);

/** Writes the fewest digits that stand for the number. */
export function float4Text(value: number): string {
  let shortest = value.toExponential(0);
  for (let digits = 1; digits < 9 && Math.fround(Number(shortest)) !== value; digits++)
    shortest = value.toExponential(digits);
  return floatText(value, shortest, FLOAT4_DIGITS);
}

function floatText(value: number, shortest: string, largeExponent: number): string {
  if (!Number.isFinite(value)) return String(value);
  const [digits = '', power = '0'] = shortest.split('e');
  const exponent = Number(power);
  const text = Math.abs(exponent) < 10 ? `0${Math.abs(exponent)}` : String(Math.abs(exponent));
  if (exponent < SMALL_EXPONENT || exponent >= largeExponent) return `${digits}e${exponent < 0 ? '-' : '+'}${text}`;
  const plain = Number(shortest).toFixed(Math.max(0, (digits.split('.')[1] ?? '').length - exponent));
  return Object.is(value, -0) ? '-0' : plain;
}
