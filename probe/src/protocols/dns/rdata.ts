// cold. Data of answer records in their usual text form. Source: RFC 1035, 2782, 3403, 3596, 4034, 4255, 5155, 6698,
// 7553, 8659, 9460; RFC 3597 for whatever is not known or does not parse.
import { addressText6 } from './address.ts';
import { readName } from './name.ts';
import { typeName } from './types.ts';

/** Hexadecimal, base64 and texts longer than this are cut: keys and signatures carry nothing for a reader. */
const BLOB_LIMIT_BYTES = 512;

/** @returns undefined when the data does not fit the type */
type Render = (bytes: Uint8Array, at: number, end: number) => string | undefined;

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const u32 = (bytes: Uint8Array, at: number): number => ((u16(bytes, at) << 16) | u16(bytes, at + 2)) >>> 0;

const buffer = (bytes: Uint8Array, at: number, end: number): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(Math.max(end - at, 0), BLOB_LIMIT_BYTES));
const hex = (bytes: Uint8Array, at: number, end: number): string => buffer(bytes, at, end).toString('hex');
const base64 = (bytes: Uint8Array, at: number, end: number): string => buffer(bytes, at, end).toString('base64');

const name: Render = (bytes, at, end) => {
  const read = readName(bytes, at);
  return read !== undefined && read.end <= end ? read.text : undefined;
};

/** Numbers of fixed width, then a name. */
const numbersAndName =
  (words: number): Render =>
  (bytes, at, end) => {
    const host = name(bytes, at + 2 * words, end);
    if (host === undefined) return undefined;
    return [...Array.from({ length: words }, (_, i) => u16(bytes, at + 2 * i)), host].join(' ');
  };

const ipv4: Render = (bytes, at, end) => (end - at === 4 ? bytes.subarray(at, end).join('.') : undefined);
const ipv6: Render = (bytes, at, end) => (end - at === 16 ? addressText6(bytes, at) : undefined);

const soa: Render = (bytes, at, end) => {
  const primary = readName(bytes, at);
  const mailbox = primary && readName(bytes, primary.end);
  if (mailbox === undefined || mailbox.end + 20 > end) return undefined;
  const numbers = [0, 4, 8, 12, 16].map(offset => u32(bytes, mailbox.end + offset));
  return [primary?.text, mailbox.text, ...numbers].join(' ');
};

/** Character strings, quoted. */
const texts: Render = (bytes, at, end) => {
  const parts: string[] = [];
  for (let i = at; i < end; ) {
    const next = i + 1 + (bytes[i] ?? 0);
    if (next > end) return undefined;
    parts.push(JSON.stringify(buffer(bytes, i + 1, next).toString('utf8')));
    i = next;
  }
  return parts.join(' ');
};

const naptr: Render = (bytes, at, end) => {
  const parts: string[] = [];
  let i = at + 4;
  for (let count = 0; count < 3; count++) {
    const next = i + 1 + (bytes[i] ?? 0);
    if (next > end) return undefined;
    parts.push(JSON.stringify(buffer(bytes, i + 1, next).toString('utf8')));
    i = next;
  }
  const replacement = name(bytes, i, end);
  return replacement && `${u16(bytes, at)} ${u16(bytes, at + 2)} ${parts.join(' ')} ${replacement}`;
};

const caa: Render = (bytes, at, end) => {
  const valueAt = at + 2 + (bytes[at + 1] ?? 0);
  if (valueAt > end) return undefined;
  const tag = buffer(bytes, at + 2, valueAt).toString('latin1');
  return `${bytes[at]} ${tag} ${JSON.stringify(buffer(bytes, valueAt, end).toString('utf8'))}`;
};

const ds: Render = (bytes, at, end) =>
  end - at < 4 ? undefined : `${u16(bytes, at)} ${bytes[at + 2]} ${bytes[at + 3]} ${hex(bytes, at + 4, end)}`;
const dnskey: Render = (bytes, at, end) =>
  end - at < 4 ? undefined : `${u16(bytes, at)} ${bytes[at + 2]} ${bytes[at + 3]} ${base64(bytes, at + 4, end)}`;
const sshfp: Render = (bytes, at, end) =>
  end - at < 2 ? undefined : `${bytes[at]} ${bytes[at + 1]} ${hex(bytes, at + 2, end)}`;
const tlsa: Render = (bytes, at, end) =>
  end - at < 3 ? undefined : `${bytes[at]} ${bytes[at + 1]} ${bytes[at + 2]} ${hex(bytes, at + 3, end)}`;
const uri: Render = (bytes, at, end) =>
  end - at < 4
    ? undefined
    : `${u16(bytes, at)} ${u16(bytes, at + 2)} ${JSON.stringify(buffer(bytes, at + 4, end).toString('utf8'))}`;

const rrsig: Render = (bytes, at, end) => {
  const signer = readName(bytes, at + 18);
  if (signer === undefined || signer.end > end) return undefined;
  const numbers = `${bytes[at + 2]} ${bytes[at + 3]} ${u32(bytes, at + 4)} ${u32(bytes, at + 8)} ${u32(bytes, at + 12)}`;
  return `${typeName(u16(bytes, at))} ${numbers} ${u16(bytes, at + 16)} ${signer.text} ${base64(bytes, signer.end, end)}`;
};

const nsec: Render = (bytes, at, end) => {
  const next = readName(bytes, at);
  const types = next && typeBitmap(bytes, next.end, end);
  return types && `${next.text} ${types}`;
};

/** Source: RFC 4034 section 4.1.2. */
function typeBitmap(bytes: Uint8Array, at: number, end: number): string | undefined {
  const types: string[] = [];
  for (let i = at; i < end; ) {
    const length = bytes[i + 1] ?? 0;
    if (length === 0 || length > 32 || i + 2 + length > end) return undefined;
    for (let bit = 0; bit < length * 8; bit++)
      if (((bytes[i + 2 + (bit >> 3)] ?? 0) & (0x80 >> (bit & 7))) !== 0)
        types.push(typeName(((bytes[i] ?? 0) << 8) | bit));
    i += 2 + length;
  }
  return types.join(' ');
}

/** Priority, target, and parameters by number. Source: RFC 9460 section 2.2. */
const svcb: Render = (bytes, at, end) => {
  const target = readName(bytes, at + 2);
  if (target === undefined || target.end > end) return undefined;
  const parts = [`${u16(bytes, at)} ${target.text}`];
  for (let i = target.end; i + 4 <= end; ) {
    const next = i + 4 + u16(bytes, i + 2);
    if (next > end) return undefined;
    parts.push(serviceParameter(bytes, u16(bytes, i), i + 4, next));
    i = next;
  }
  return parts.join(' ');
};

function serviceParameter(bytes: Uint8Array, key: number, at: number, end: number): string {
  if (key === 1) return `alpn=${protocolIds(bytes, at, end).join(',')}`;
  if (key === 2) return 'no-default-alpn';
  if (key === 3 && end - at === 2) return `port=${u16(bytes, at)}`;
  if (key === 4) return `ipv4hint=${steps(at, end, 4, i => bytes.subarray(i, i + 4).join('.'))}`;
  if (key === 6) return `ipv6hint=${steps(at, end, 16, i => addressText6(bytes, i))}`;
  return `key${key}=${hex(bytes, at, end)}`;
}

function protocolIds(bytes: Uint8Array, at: number, end: number): string[] {
  const ids: string[] = [];
  for (let i = at; i < end; i += 1 + (bytes[i] ?? 0))
    ids.push(buffer(bytes, i + 1, Math.min(end, i + 1 + (bytes[i] ?? 0))).toString('latin1'));
  return ids;
}

function steps(at: number, end: number, size: number, render: (at: number) => string): string {
  const parts: string[] = [];
  for (let i = at; i + size <= end; i += size) parts.push(render(i));
  return parts.join(',');
}

const RENDERERS: { readonly [type: number]: Render } = {
  1: ipv4,
  2: name,
  5: name,
  6: soa,
  12: name,
  13: texts,
  15: numbersAndName(1),
  16: texts,
  18: numbersAndName(1),
  28: ipv6,
  33: numbersAndName(3),
  35: naptr,
  36: numbersAndName(1),
  39: name,
  43: ds,
  44: sshfp,
  46: rrsig,
  47: nsec,
  48: dnskey,
  52: tlsa,
  53: tlsa,
  59: ds,
  60: dnskey,
  64: svcb,
  65: svcb,
  99: texts,
  256: uri,
  257: caa,
};

/** @param bytes the whole message: names in the data may point anywhere before them */
export function renderData(bytes: Uint8Array, type: number, at: number, end: number): string {
  return RENDERERS[type]?.(bytes, at, end) ?? `\\# ${end - at} ${hex(bytes, at, end)}`;
}
