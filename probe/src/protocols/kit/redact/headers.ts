// cold. Hides secrets in header lines.
import { Rewrite, type Secrets } from './rewrite.ts';
import { redactText } from './text.ts';

/** @param lines `Name: value`, ended by LF or CR LF; the last one may be cut. Lines that begin with a blank belong to
 *  the one before (RFC 9112, section 5.2) */
export function redactHeaders(lines: string, secrets: Secrets): string {
  const rewrite = new Rewrite(lines, secrets);
  for (let at = 0; at < lines.length; ) {
    const end = fieldEnd(lines, at);
    hideField(lines, at, end, secrets, rewrite);
    at = end + 1;
  }
  return rewrite.finish();
}

/** @returns where the LF is that ends the field, or the end */
function fieldEnd(lines: string, at: number): number {
  for (let end = lines.indexOf('\n', at); end >= 0; end = lines.indexOf('\n', end + 1))
    if (lines[end + 1] !== ' ' && lines[end + 1] !== '\t') return end;
  return lines.length;
}

function hideField(lines: string, at: number, end: number, secrets: Secrets, rewrite: Rewrite): void {
  const field = lines.slice(at, lines[end - 1] === '\r' ? end - 1 : end);
  const colon = field.indexOf(':');
  if (colon < 0) return;
  let start = colon + 1;
  while (field[start] === ' ' || field[start] === '\t') start += 1;
  if (secrets.has(field.slice(0, colon))) {
    rewrite.hide(at + start, at + field.length);
    return;
  }
  const value = field.slice(start);
  if (!/[=:]/.test(value)) return;
  const redacted = redactText(value, secrets);
  if (redacted !== value) rewrite.replace(at + start, at + field.length, redacted);
}
