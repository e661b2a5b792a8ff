// warm. What the values of single headers say.

/** The host of an absolute target outweighs the Host header. Source: RFC 9112 section 3.2.2. */
export const hostOfTarget = (url: string): string =>
  url.startsWith('/') ? '' : (/^[a-z][a-z0-9+.-]*:\/\/(?:[^@/?#]*@)?([^/?#]*)/i.exec(url)?.[1] ?? '');

/** @param forwarded value of Forwarded, or ''
 *  @param forwardedFor value of X-Forwarded-For, or ''
 *  @returns the client's address that a proxy gave, or '' */
export const forwardedClient = (forwarded: string, forwardedFor: string): string =>
  clientOf(forwarded) || hostOf(firstOf(forwardedFor));

/** Source: RFC 7239 section 4. */
const clientOf = (forwarded: string): string =>
  forwarded === '' ? '' : hostOf(/(?:^|;)\s*for="?([^";]*)/i.exec(firstOf(forwarded))?.[1] ?? '');

const firstOf = (list: string): string => (list === '' ? '' : (list.split(',', 1)[0] ?? '').trim());

/** @returns the address without a port: `[::1]:80`, `10.0.0.1:80` and bare ones */
const hostOf = (text: string): string =>
  text === '' ? '' : (/^\[([^\]]*)\]/.exec(text)?.[1] ?? /^([\d.]+):\d+$/.exec(text)?.[1] ?? text);

/** @param traceparent its value, or ''. Source: W3C Trace Context, section 3.2. */
export const traceIdOf = (traceparent: string): string =>
  traceparent === '' ? '' : (/^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-/.exec(traceparent)?.[1] ?? '');
