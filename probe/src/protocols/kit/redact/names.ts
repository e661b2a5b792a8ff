// cold. Which names stand for secrets.
//
// A name is compared without case and without what separates its words: `apiKey`, `API-KEY` and `api_key` are one.
// `*` at an end stands for anything. Of `user[pin]` and `login.pin` the last part is compared too.

/** Names that stand for secrets unless the configuration says otherwise. */
const USUAL: readonly string[] = [
  'authorization',
  'proxy_authorization',
  'cookie',
  'set_cookie',
  '*password*',
  '*passwd*',
  '*passphrase*',
  '*passcode*',
  '*pwd',
  'pwd*',
  'pass',
  '*_pass',
  'passw',
  'pw',
  'pin',
  'otp',
  'cvv',
  'cvc',
  '*secret*',
  '*token',
  '*api_key*',
  '*access_key*',
  '*private_key*',
  '*encryption_key*',
  '*credential*',
  '*session_id',
  '*sessid',
  '*signature',
  'sig',
];

/** Answers that are remembered: more names than the programs of one network use. */
const REMEMBERED = 4096;
const REMEMBERED_LENGTH = 64;

export class SecretNames {
  readonly #secret: Patterns;
  readonly #except: Patterns;
  readonly #known = new Map<string, boolean>();

  /** @param more names besides the usual ones
   *  @param except names that are no secrets, whatever the others say; `*` is all of them */
  constructor(more: readonly string[], except: readonly string[]) {
    this.#secret = new Patterns([...USUAL, ...more]);
    this.#except = new Patterns(except);
  }

  has(name: string): boolean {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const answer = this.#find(name);
    if (name.length > REMEMBERED_LENGTH) return answer;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(copyOf(name), answer);
    return answer;
  }

  #find(name: string): boolean {
    const written = unescaped(name);
    const whole = plain(written);
    const last = plain(written.split(/[.[\]/]/).findLast(part => part !== '') ?? '');
    const isSecret = this.#secret.match(whole) || this.#secret.match(last);
    return isSecret && !this.#except.match(whole) && !this.#except.match(last);
  }
}

class Patterns {
  readonly #exact = new Set<string>();
  readonly #starts: string[] = [];
  readonly #ends: string[] = [];
  readonly #parts: string[] = [];

  constructor(written: readonly string[]) {
    for (const pattern of written) {
      const name = plain(pattern);
      const [anyBefore, anyAfter] = [pattern.startsWith('*'), pattern.endsWith('*')];
      if (anyBefore && anyAfter) this.#parts.push(name);
      else if (anyBefore) this.#ends.push(name);
      else if (anyAfter) this.#starts.push(name);
      else this.#exact.add(name);
    }
  }

  match(name: string): boolean {
    if (name === '') return false;
    return (
      this.#exact.has(name) ||
      this.#parts.some(part => name.includes(part)) ||
      this.#ends.some(end => name.endsWith(end)) ||
      this.#starts.some(start => name.startsWith(start))
    );
  }
}

/** A slice of a text would keep the whole text in memory. */
const copyOf = (name: string): string => Buffer.from(name).toString();

/** Letters and digits only, small. */
const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** `pass%77ord` of a form and `\u0070assword` of JSON, as they are meant. */
const unescaped = (name: string): string =>
  unpercent(name).replace(/\\u([0-9a-f]{4})/gi, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );

/** @returns the text with `%xx` undone, byte by byte; what is no escape stays */
export const unpercent = (text: string): string =>
  text.includes('%')
    ? text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    : text;
