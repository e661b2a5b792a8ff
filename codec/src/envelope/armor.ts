// cold. An envelope as text, for paths that carry only text.
import { decodeBase64url, encodeBase64url } from '../keys/base64url.ts';
import { MAX_DATAGRAM_BYTES } from './wire.ts';

export const ARMOR_PREFIX = 'ne1.';
const MAX_ARMOR_CHARS = ARMOR_PREFIX.length + Math.ceil((MAX_DATAGRAM_BYTES * 4) / 3);

export const armor = (datagram: Uint8Array): string => ARMOR_PREFIX + encodeBase64url(datagram);

/** @returns the datagram; undefined for anything but `ne1.` and canonical base64url without padding, so that one
 *    datagram has one text */
export const dearmor = (text: string): Uint8Array | undefined =>
  text.startsWith(ARMOR_PREFIX) && text.length <= MAX_ARMOR_CHARS
    ? decodeBase64url(text.slice(ARMOR_PREFIX.length))
    : undefined;
