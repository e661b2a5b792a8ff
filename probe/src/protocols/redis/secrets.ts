// cold. Arguments that are secrets, whatever the configuration says. Source: the command reference on redis.io.
import { MARK } from '../kit/redact/rewrite.ts';

/** Names behind which a secret stands, in CONFIG SET, CONFIG GET's reply, and SENTINEL. */
const PARAMETERS = new Set(
  (
    'requirepass masterauth auth-pass sentinel-pass tls-key-file-pass tls-client-key-file-pass ' +
    'masteruser-pass primaryauth'
  ).split(' '),
);
/** Passwords and their hashes among ACL rules; the sign before them stays. */
const ACL_SECRET = /^("?[><#!]).+?("?)$/;
const HASH = /\b[0-9a-f]{64}\b/g;
/** An unknown command's arguments come back in the error, and older servers do not know AUTH in HELLO. */
const REPEATED = /(with args beginning with: ).+$/s;

export const isSecretParameter = (name: string): boolean => PARAMETERS.has(name.toLowerCase());

/** Replaces secrets. @param args name and arguments, changed */
export function redactArguments(args: string[]): void {
  switch (args[0]?.toUpperCase()) {
    case 'AUTH':
      hide(args, args.length > 2 ? 2 : 1);
      return;
    case 'HELLO':
      hideAfter(args, 'AUTH', 2);
      return;
    case 'MIGRATE':
      hideAfter(args, 'AUTH', 1);
      hideAfter(args, 'AUTH2', 2);
      return;
    case 'ACL':
      for (let i = 3; i < args.length; i++) args[i] = args[i]?.replace(ACL_SECRET, `$1${MARK}$2`) ?? '';
      return;
    case 'CONFIG':
    case 'SENTINEL':
      for (let i = 2; i + 1 < args.length; i++) if (isSecretParameter(args[i] ?? '')) hide(args, ++i);
  }
}

function hide(args: string[], at: number): void {
  if (at < args.length) args[at] = MARK;
}

function hideAfter(args: string[], word: string, distance: number): void {
  for (let i = 1; i < args.length; i++) if (args[i]?.toUpperCase() === word) hide(args, i + distance);
}

export const redactError = (text: string): string => text.replace(REPEATED, `$1${MARK}`);

/** @returns what ACL commands answer, without passwords */
export function redactAclReply(command: string, text: string): string {
  return command === 'ACL GENPASS' ? MARK : text.replace(HASH, MARK);
}
