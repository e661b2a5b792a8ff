// warm. Hides secrets in header lines.
import { Rewrite, type Secrets } from './rewrite.ts';
import { redactText } from './text.ts';

/** @param lines `Name: value`, ended by LF or CR LF; the last one may be cut. Lines that begin with a blank belong to
 *  the one before (RFC 9112, section 5.2) */
export function redactHeaders(lines: string, secrets: Secrets): string {
  const rewrite = new Rewrite(lines, secrets);
  let equals = placeOf('=', lines, 0);
  for (let at = 0; at < lines.length; ) {
    const end = fieldEnd(lines, at);
    const colon = placeOf(':', lines, at);
    if (colon < end) {
      if (equals < colon) equals = placeOf('=', lines, colon);
      hideField(lines, at, colon, end, equals, secrets, rewrite);
    }
    at = end + 1;
  }
  return rewrite.finish();
}

/** @returns where the character is at or after `at`; the text's length when nowhere */
function placeOf(character: string, text: string, at: number): number {
  const place = text.indexOf(character, at);
  return place < 0 ? text.length : place;
}

/** @returns where the LF is that ends the field, or the end */
function fieldEnd(lines: string, at: number): number {
  for (let end = lines.indexOf('\n', at); end >= 0; end = lines.indexOf('\n', end + 1))
    if (lines[end + 1] !== ' ' && lines[end + 1] !== '\t') return end;
  return lines.length;
}

/** @param colon behind the name
 *  @param equals the first `=` behind that; a value without one, and without another colon, holds no names */
function hideField(
  lines: string,
  at: number,
  colon: number,
  end: number,
  equals: number,
  secrets: Secrets,
  rewrite: Rewrite,
): void {
  const valueEnd = lines[end - 1] === '\r' ? end - 1 : end;
  let start = colon + 1;
  while (lines[start] === ' ' || lines[start] === '\t') start += 1;
  if (secrets.has(lines.slice(at, colon))) {
    rewrite.hide(start, valueEnd);
    return;
  }
  if (equals >= valueEnd && placeOf(':', lines, start) >= valueEnd) return;
  const value = lines.slice(start, valueEnd);
  const redacted = redactText(value, secrets);
  if (redacted !== value) rewrite.replace(start, valueEnd, redacted);
}
