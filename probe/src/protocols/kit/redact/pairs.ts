// cold. Hides secrets in `name=value&name=value`: forms, and the parts of an address. Source: WHATWG URL, section 5.
import { unpercent } from './names.ts';
import { MARK, type Secrets } from './rewrite.ts';
import { redactText } from './text.ts';

/** @param text body of type application/x-www-form-urlencoded */
export const redactForm = (text: string, secrets: Secrets): string =>
  text
    .split('&')
    .map(pair => redactPair(pair, secrets))
    .join('&');

/** @param target whole address, or a request target: the password of the user info, parameters of path, query and
 *  fragment */
export function redactUrl(target: string, secrets: Secrets): string {
  if (!/[?#;@]/.test(target)) return target;
  const [address, ...fragment] = target.split('#');
  const [path = '', ...query] = (address ?? '').split('?');
  const parts = [redactPath(path, secrets)];
  if (query.length > 0) parts.push('?', redactForm(query.join('?'), secrets));
  if (fragment.length > 0) parts.push('#', redactForm(fragment.join('#'), secrets));
  return parts.join('');
}

/** `http://user:password@host/page;jsessionid=1;v=2/next`. */
function redactPath(path: string, secrets: Secrets): string {
  const text = path.includes('@') ? redactText(path, secrets) : path;
  if (!text.includes(';')) return text;
  return text.replace(/;[^;/]*/g, parameter => `;${redactPair(parameter.slice(1), secrets)}`);
}

/** A value may hold JSON or another address: it is hidden as a whole where that holds a secret. */
function redactPair(pair: string, secrets: Secrets): string {
  const equals = pair.indexOf('=');
  if (equals < 0 || equals === pair.length - 1) return pair;
  const value = unpercent(pair.slice(equals + 1));
  if (!secrets.has(pair.slice(0, equals)) && !holdsSecret(value, secrets)) return pair;
  secrets.note();
  return `${pair.slice(0, equals + 1)}${MARK}`;
}

const holdsSecret = (value: string, { has }: Secrets): boolean =>
  /[=:<]/.test(value) && redactText(value, { has, note: () => {} }) !== value;
