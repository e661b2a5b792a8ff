// cold. Redis' commands and replies as tshark sees them.
import type { Claim, Judge } from './claims.ts';
import { all, type Field } from './pdml.ts';

export const redisJudge: Judge = {
  layers: ['resp'],
  claims(layers) {
    const replies = layers
      .filter(({ fromClient }) => !fromClient)
      .flatMap(valuesOf)
      .filter(value => !isMessage(value));
    const requests = layers.filter(({ fromClient }) => fromClient).flatMap(valuesOf);
    const muted = mutedOnes(requests.map(wordsOf));
    return requests.map((request, index) => claimOf(wordsOf(request), muted[index] ? [] : replies));
  },
  nameOf: ({ REQ }) => (REQ === undefined ? undefined : nameOf(String(REQ).split(' ', 1)[0])),
  view: ({ REQ, RES, ...more }) => ({ ...more, REQ: plain(REQ), RES: plain(RES) }),
  unread(layers) {
    const unread = layers.find(layer => all(layer, 'resp.fragment').length > 0);
    return unread && `RESP2 alone, not what ${unread.fromClient ? 'the client' : 'the server'} sends`;
  },
};

const nameOf = (command = ''): string => command.toUpperCase();

const VALUES = ['resp.array', 'resp.bulk_string', 'resp.string', 'resp.error', 'resp.integer'];
const valuesOf = ({ inner }: Field): Field[] => inner.filter(({ name }) => VALUES.includes(name));

const wordsOf = (request: Field): string[] => valuesOf(request).map(rendered);

/** CLIENT REPLY SKIP takes the reply from itself and the next, OFF from all up to ON. */
function mutedOnes(requests: readonly (readonly string[])[]): boolean[] {
  let mode = '';
  return requests.map(words => {
    const before = mode;
    const isMode = words.slice(0, 2).join(' ').toUpperCase() === 'CLIENT REPLY';
    mode = isMode ? String(words[2]).toUpperCase() : mode === 'SKIP' ? '' : mode;
    return mode === 'ON' ? false : before === 'SKIP' || mode === 'SKIP' || mode === 'OFF';
  });
}

/** What is published comes between the replies. */
const isMessage = (value: Field): boolean =>
  value.name === 'resp.array' && /^p?message$/.test(rendered(valuesOf(value)[0] ?? value));

/** @param replies those not taken yet, in order; what answers the request is taken away */
function claimOf(words: readonly string[], replies: Field[]): Claim {
  const command = nameOf(words[0]);
  const taken = replies.splice(0, /^P?(?:UN)?SUBSCRIBE$/.test(command) ? Math.max(1, words.length - 1) : 1);
  const [reply] = taken;
  const error = reply && all(reply, 'resp.error')[0];
  return {
    name: command,
    facts: {
      REQ: bare(words.join(' ')),
      RESP: reply ? 1 : 0,
      RES: reply && bare(taken.map(rendered).join(' ')),
      ERR: reply?.name === 'resp.error' || command === 'EXEC' ? error?.show : undefined,
    },
  };
}

function rendered(value: Field): string {
  if (value.label.endsWith('[NULL]') || value.label.endsWith(': NULL')) return '(nil)';
  if (value.name === 'resp.array') return `[${valuesOf(value).map(part).join(', ')}]`;
  const content = all(value, 'resp.bulk_string.value')[0];
  return value.name === 'resp.bulk_string' ? textOf(content?.bytes ?? Buffer.alloc(0)) : value.show;
}

const part = (value: Field): string => `${value.name === 'resp.error' ? '(error) ' : ''}${rendered(value)}`;

function textOf(bytes: Buffer): string {
  const text = bytes.toString();
  return text.includes('\ufffd') ? bytes.toString('latin1') : text;
}

/** Quotes are left out: tshark gives the bytes, we what redis-cli shows for them, which has more of them. */
const bare = (text: string): string => text.replace(/["']/g, '');

/** @returns one of our texts without quotes, and without the escapes in them */
function plain(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const text = String(value).replace(/"(?:[^"\\]|\\.)*"/g, quoted => quoted.replace(ESCAPE, unescaped));
  return bare(text);
}

const ESCAPE = /\\(?:x([0-9a-f]{2})|(.))/g;
const unescaped = (_: string, hex: string | undefined, letter: string): string =>
  hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (LETTERS[letter] ?? letter);

const LETTERS: { readonly [letter: string]: string } = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' };
