// warm. Hides secrets in `name=value&name=value`: forms, and the parts of an address. Source: WHATWG URL, section 5.
import { unpercent } from './names.ts';
import { Rewrite, type Secrets } from './rewrite.ts';
import { redactText } from './text.ts';

/** @param text body of type application/x-www-form-urlencoded */
export function redactForm(text: string, secrets: Secrets): string {
  const rewrite = new Rewrite(text, secrets);
  hidePairs(text, 0, text.length, secrets, rewrite);
  return rewrite.finish();
}

/** @param target whole address, or a request target: the password of the user info, parameters of path, query and
 *  fragment */
export function redactUrl(target: string, secrets: Secrets): string {
  if (!/[?#;@]/.test(target)) return target;
  const rewrite = new Rewrite(target, secrets);
  const fragment = placeOf('#', target, 0, target.length);
  const query = placeOf('?', target, 0, fragment);
  const path = target.slice(0, query);
  if (/[;@]/.test(path)) rewrite.replace(0, query, redactPath(path, secrets));
  hidePairs(target, query + 1, fragment, secrets, rewrite);
  hidePairs(target, fragment + 1, target.length, secrets, rewrite);
  return rewrite.finish();
}

/** @returns where it is first, between the offsets; `end` without it */
function placeOf(character: string, text: string, at: number, end: number): number {
  const place = text.indexOf(character, at);
  return place < 0 || place > end ? end : place;
}

/** `http://user:password@host/page;jsessionid=1;v=2/next`. */
function redactPath(path: string, secrets: Secrets): string {
  const text = path.includes('@') ? redactText(path, secrets) : path;
  if (!text.includes(';')) return text;
  return text.replace(/;[^;/]*/g, parameter => `;${redactForm(parameter.slice(1), secrets)}`);
}

function hidePairs(text: string, at: number, end: number, secrets: Secrets, rewrite: Rewrite): void {
  for (let start = at; start < end; ) {
    const pairEnd = placeOf('&', text, start, end);
    const equals = placeOf('=', text, start, pairEnd);
    if (isSecret(text, start, equals, pairEnd, secrets)) rewrite.hide(equals + 1, pairEnd);
    start = pairEnd + 1;
  }
}

/** A value may hold JSON or another address: it is hidden as a whole where that holds a secret.
 *  @param equals where the name ends; `end` for a pair without a value */
function isSecret(text: string, at: number, equals: number, end: number, { has }: Secrets): boolean {
  if (equals >= end - 1) return false;
  if (has(text.slice(at, equals))) return true;
  const value = unpercent(text.slice(equals + 1, end));
  return /[=:<]/.test(value) && redactText(value, { has, note: () => {} }) !== value;
}
