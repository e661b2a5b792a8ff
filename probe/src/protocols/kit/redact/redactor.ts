// cold. Replaces secrets in what records say of traffic: passwords, tokens, cookies, by the name that they go by. What was
// replaced is seen: `[redacted]` stands there, and it is counted.
import { redactHeaders } from './headers.ts';
import { SecretNames } from './names.ts';
import { redactForm, redactUrl } from './pairs.ts';
import { MARK, type Secrets } from './rewrite.ts';
import { findSecretParameters, redactSql } from './sql.ts';
import type { SqlDialect } from './sql-tokens.ts';
import { redactText } from './text.ts';

export type { SqlDialect } from './sql-tokens.ts';

/** Every text may be cut at its end. */
export class Redactor {
  readonly #secrets: Secrets;

  /** @param more names of secrets besides the usual ones (`names.ts`)
   *  @param except names that are none, whatever the others say
   *  @param note called for each secret that was replaced */
  constructor(more: readonly string[], except: readonly string[], note: () => void) {
    const names = new SecretNames(more, except);
    this.#secrets = { has: name => names.has(name), note };
  }

  /** Whether values of this name are secrets. */
  isSecret(name: string): boolean {
    return this.#secrets.has(name);
  }

  /** @returns the value, or the mark when values of this name are secrets */
  named(name: string, value: string): string {
    if (value === '' || !this.#secrets.has(name)) return value;
    this.#secrets.note();
    return MARK;
  }

  /** @param lines `Name: value` each */
  headers(lines: string): string {
    return redactHeaders(lines, this.#secrets);
  }

  /** @param target an address, or a path with its query */
  url(target: string): string {
    return redactUrl(target, this.#secrets);
  }

  /** @param contentType empty when unknown */
  body(text: string, contentType: string): string {
    return /^application\/x-www-form-urlencoded/i.test(contentType)
      ? redactForm(text, this.#secrets)
      : redactText(text, this.#secrets);
  }

  /** Any text: JSON, YAML, XML, log lines, options. */
  text(text: string): string {
    return redactText(text, this.#secrets);
  }

  sql(statement: string, dialect: SqlDialect): string {
    return redactSql(statement, dialect, this.#secrets);
  }

  /** @param statement with marks for parameters, as sent
   *  @param values of the parameters, in their order
   *  @param names of the parameters, where they have some (`@p1`)
   *  @returns the values, secrets replaced; also those whose place is not in the statement, as it was cut */
  parameters(
    statement: string,
    dialect: SqlDialect,
    values: readonly string[],
    names: readonly string[] = [],
  ): readonly string[] {
    if (values.length === 0) return values;
    const secret = findSecretParameters(statement, dialect, this.#secrets);
    return values.map((value, place) => {
      const name = names[place] ?? '';
      const isSecret =
        name === '' ? secret.places.has(place) || place >= secret.count : secret.names.has(name.toLowerCase());
      if (!isSecret && !this.#secrets.has(name)) return this.text(value);
      this.#secrets.note();
      return MARK;
    });
  }
}
