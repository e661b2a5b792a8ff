// cold. Hides secrets in SQL. The text may be cut anywhere, and be no SQL at all.
import { Rewrite, type Secrets } from './rewrite.ts';
import { SqlPlaces } from './sql-places.ts';
import { readToken, type SqlDialect, type Token } from './sql-tokens.ts';
import { redactText } from './text.ts';

/** @returns the statement, secrets replaced */
export function redactSql(sql: string, dialect: SqlDialect, secrets: Secrets): string {
  const rewrite = new Rewrite(sql, secrets);
  const places = new SqlPlaces(sql, secrets);
  const last = new LastValue(sql, rewrite, secrets);
  for (const token of tokensOf(sql, dialect, places)) {
    const isHidden = token.kind !== 'mark' && places.hides(token);
    const begins = places.pass(token);
    if (isHidden) {
      last.flush();
      hideValue(token, rewrite);
    } else last.pass(token, begins);
  }
  last.flush();
  return rewrite.finish();
}

const hideValue = ({ innerAt, innerEnd }: Token, rewrite: Rewrite): void => rewrite.hide(innerAt, innerEnd);

const LINKS = /^(?:=|<>|!=|\.|as|like)$/i;

/** A value whose secret name may come behind it: 'x' = u.password, 'x' AS password. */
class LastValue {
  readonly #sql: string;
  readonly #rewrite: Rewrite;
  readonly #secrets: Secrets;
  #value: Token | undefined;
  #isLinked = false;

  constructor(sql: string, rewrite: Rewrite, secrets: Secrets) {
    this.#sql = sql;
    this.#rewrite = rewrite;
    this.#secrets = secrets;
  }

  pass(token: Token, begins: boolean): void {
    const { kind, at, end } = token;
    const isName = kind === 'word' || kind === 'name';
    if (this.#value !== undefined && LINKS.test(this.#sql.slice(at, Math.min(end, at + 5)))) this.#isLinked = true;
    else if (begins && this.#isLinked) this.#hide();
    else if (isName && this.#isLinked) this.#isLinked = false;
    else this.#hold(token);
  }

  /** It is no secret as a whole. */
  flush(): void {
    if (this.#value !== undefined) redactInside(this.#sql, this.#value, this.#rewrite, this.#secrets);
    this.#value = undefined;
    this.#isLinked = false;
  }

  #hold(token: Token): void {
    this.flush();
    if (token.kind === 'string' || token.kind === 'number' || token.kind === 'comment') this.#value = token;
  }

  #hide(): void {
    if (this.#value !== undefined) hideValue(this.#value, this.#rewrite);
    this.#value = undefined;
    this.#isLinked = false;
  }
}

/** What a string or a comment holds may be JSON, an address, options. */
function redactInside(sql: string, { innerAt, innerEnd }: Token, rewrite: Rewrite, secrets: Secrets): void {
  const text = sql.slice(innerAt, innerEnd);
  const redacted = redactText(text, secrets);
  if (redacted !== text) rewrite.replace(innerAt, innerEnd, redacted);
}

/** Parameters that stand for secrets, by their place in the order (from 0) and by their name (`@p1`, `:p1`). */
export interface SecretParameters {
  readonly places: ReadonlySet<number>;
  readonly names: ReadonlySet<string>;
  /** Parameters that the text has, as far as it goes. */
  readonly count: number;
}

export function findSecretParameters(sql: string, dialect: SqlDialect, secrets: Secrets): SecretParameters {
  const placesOf = new SqlPlaces(sql, secrets);
  const [places, names] = [new Set<number>(), new Set<string>()];
  /** `@p1` of MS SQL Server stands for the same value wherever it is. */
  const seen = new Map<string, number>();
  let [asked, count] = [0, 0];
  for (const token of tokensOf(sql, dialect, placesOf)) {
    const text = sql.slice(token.at, token.end).toLowerCase();
    const isVariable = token.kind === 'word' && text.startsWith('@') && dialect === 'standard';
    if (token.kind === 'mark' || isVariable) {
      const place = text.startsWith('$') ? Number(text.slice(1)) - 1 : (seen.get(text) ?? asked++);
      if (isVariable) seen.set(text, place);
      count = Math.max(count, place + 1);
      if (placesOf.isSecret) places.add(place);
      if (placesOf.isSecret) names.add(text);
    }
    placesOf.pass(token);
  }
  return { places, names, count };
}

function* tokensOf(sql: string, dialect: SqlDialect, places: SqlPlaces): Generator<Token> {
  for (let at = 0; ; ) {
    const token = readToken(sql, at, dialect, places.isSecret);
    if (token.kind === 'end') return;
    yield token;
    at = token.end;
  }
}
