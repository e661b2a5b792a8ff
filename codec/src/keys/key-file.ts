// cold. What a probe holds: one line, in a key file or inline.
import { MAX_KID, MIN_KID } from '../envelope/wire.ts';
import { formatKey, type Parsed, parseKey } from './text.ts';

/** A probe's key, as `createSender` takes it. */
export type ProbeKey =
  | { readonly suite: 'psk'; readonly kid: number; readonly key: Uint8Array }
  | { readonly suite: 'sealed'; readonly kid: number; readonly secret: Uint8Array; readonly receiver: Uint8Array };

const SHAPE = 'expected KID:nk1p_… or KID:nk1s_…:nk1r_…';

/** @returns the kid in its one decimal spelling, or undefined */
export function parseKid(text: string): number | undefined {
  const kid = Number(text);
  return /^[1-9][0-9]{0,9}$/.test(text) && kid >= MIN_KID && kid <= MAX_KID ? kid : undefined;
}

/** @param line `KID:nk1p_…` (psk) or `KID:nk1s_…:nk1r_…` (sealed)
 *  @returns the key, or one line on what is wrong that never repeats the text */
export function parseProbeKeyLine(line: string): Parsed<ProbeKey> {
  const [kidText = '', first, second, ...rest] = line.split(':');
  if (first === undefined || rest.length > 0)
    return { error: `${SHAPE}; a passphrase is no key: make one with nano-keys` };
  const kid = parseKid(kidText);
  if (kid === undefined) return { error: `${SHAPE}, where KID is a number from ${MIN_KID} to ${MAX_KID}` };
  return second === undefined ? parsePsk(kid, first) : parseSealed(kid, first, second);
}

function parsePsk(kid: number, text: string): Parsed<ProbeKey> {
  const key = parseKey('psk', text);
  return key.value === undefined ? key : { value: { suite: 'psk', kid, key: key.value } };
}

function parseSealed(kid: number, secretText: string, receiverText: string): Parsed<ProbeKey> {
  const secret = parseKey('secret', secretText);
  if (secret.value === undefined) return secret;
  const receiver = parseKey('receiver', receiverText);
  if (receiver.value === undefined) return receiver;
  return { value: { suite: 'sealed', kid, secret: secret.value, receiver: receiver.value } };
}

/** @param text a key file: `#` comments, blank lines and exactly one key line */
export function parseProbeKeyFile(text: string): Parsed<ProbeKey> {
  const lines = text.split('\n').map(line => line.trim());
  const found = lines.filter(line => line !== '' && !line.startsWith('#'));
  if (found.length !== 1) return { error: `expected one key line, got ${found.length}: ${SHAPE}` };
  return parseProbeKeyLine(found[0] as string);
}

/** @returns the key line, without a line end */
export const formatProbeKeyLine = (key: ProbeKey): string =>
  key.suite === 'psk'
    ? `${key.kid}:${formatKey('psk', key.key)}`
    : `${key.kid}:${formatKey('secret', key.secret)}:${formatKey('receiver', key.receiver)}`;
