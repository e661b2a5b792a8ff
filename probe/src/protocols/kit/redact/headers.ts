// warm. Hides secrets in header lines.
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

const SIGNS = /[:=]/g;

function hideField(lines: string, at: number, end: number, secrets: Secrets, rewrite: Rewrite): void {
  const colon = lines.indexOf(':', at);
  if (colon < 0 || colon >= end) return;
  const valueEnd = lines[end - 1] === '\r' ? end - 1 : end;
  let start = colon + 1;
  while (lines[start] === ' ' || lines[start] === '\t') start += 1;
  if (secrets.has(lines.slice(at, colon))) {
    rewrite.hide(start, valueEnd);
    return;
  }
  SIGNS.lastIndex = start;
  if (!SIGNS.test(lines) || SIGNS.lastIndex > valueEnd) return;
  const value = lines.slice(start, valueEnd);
  const redacted = redactText(value, secrets);
  if (redacted !== value) rewrite.replace(start, valueEnd, redacted);
}
