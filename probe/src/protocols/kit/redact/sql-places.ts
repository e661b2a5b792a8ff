// cold. Follows the tokens of an SQL text and tells which values stand in the place of a secret: compared with or
// assigned to a secret name, behind IDENTIFIED or PASSWORD, in the place of a secret column of INSERT.
import type { Secrets } from './rewrite.ts';
import type { Token } from './sql-tokens.ts';

/** An expression that began with a secret name ends at these, unless in parentheses. */
const ENDS = words('AND OR WHERE FROM SET VALUES ORDER GROUP LIMIT HAVING UNION SELECT INSERT UPDATE DELETE JOIN ON');
const CLAUSE_ENDS = words('REQUIRE VALID ACCOUNT EXPIRE RETURNING OPTION COMMENT ATTRIBUTE');
/** Behind these, numbers are values too. */
const ASSIGNS = words('BY LIKE IN TO IS AS');
const ENDS_ROWS = words('ON RETURNING SELECT');

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/** Where an INSERT stands. `named`: its secret columns are known, its values have not begun. */
type Insert = 'none' | 'begun' | 'columns' | 'named' | 'rows' | 'select';

export class SqlPlaces {
  readonly #sql: string;
  readonly #secrets: Secrets;
  #depth = 0;
  /** Parentheses around the secret name whose expression this is; -1 outside of one. */
  #secretDepth = -1;
  #isAssigned = false;
  /** SET PASSWORD FOR account = …: the account is none. */
  #awaitsEquals = false;
  #insert: Insert = 'none';
  #insertDepth = 0;
  #column = 0;
  readonly #secretColumns = new Set<number>();
  #lastWord = '';
  #lastSign = '';

  constructor(sql: string, secrets: Secrets) {
    this.#sql = sql;
    this.#secrets = secrets;
  }

  /** Whether a secret is what `$$` would open here. */
  get isSecret(): boolean {
    return (this.#secretDepth >= 0 && !this.#awaitsEquals) || this.#isSecretColumn;
  }

  /** @returns whether the token is a secret's value */
  hides({ kind }: Token): boolean {
    if (kind === 'string' || kind === 'mark') return this.isSecret;
    if (kind === 'number') return this.isSecret && (this.#isAssigned || this.#isSecretColumn);
    return kind === 'name' && this.#secretDepth >= 0 && this.#lastSign !== '' && this.#isAssigned;
  }

  /** Moves on past the token.
   *  @returns whether it begins the expression of a secret */
  pass(token: Token): boolean {
    const { kind, innerAt, innerEnd } = token;
    const text = this.#sql.slice(innerAt, innerEnd);
    if (kind === 'sign') return this.#passSign(text);
    this.#lastSign = '';
    if (kind === 'word') return this.#passWord(text);
    return (kind === 'name' || (kind === 'string' && !this.isSecret)) && this.#passName(text);
  }

  get #isSecretColumn(): boolean {
    if (this.#insert !== 'rows' && this.#insert !== 'select') return false;
    return this.#depth >= this.#valuesDepth && this.#secretColumns.has(this.#column);
  }

  get #valuesDepth(): number {
    return this.#insert === 'select' ? this.#insertDepth : this.#insertDepth + 1;
  }

  #passSign(sign: string): false {
    this.#lastSign = sign;
    if (sign === '(') this.#open();
    else if (sign === ')') this.#close();
    else if (sign === ',') this.#passComma();
    else if (sign === ';') this.#endStatement();
    else if (/[=<>~]/.test(sign)) {
      this.#isAssigned = true;
      this.#awaitsEquals = false;
    }
    return false;
  }

  #open(): void {
    if (this.#depth === this.#insertDepth && (this.#insert === 'begun' || this.#insert === 'rows')) {
      if (this.#insert === 'begun') this.#insert = 'columns';
      this.#column = 0;
    }
    this.#depth += 1;
  }

  #close(): void {
    this.#depth = Math.max(0, this.#depth - 1);
    if (this.#depth < this.#secretDepth) this.#secretDepth = -1;
    if (this.#insert === 'columns' && this.#depth <= this.#insertDepth)
      this.#insert = this.#secretColumns.size > 0 ? 'named' : 'none';
  }

  #passComma(): void {
    if (this.#depth <= this.#secretDepth) this.#secretDepth = -1;
    const counts = this.#insert === 'columns' || this.#insert === 'rows' || this.#insert === 'select';
    if (counts && this.#depth === (this.#insert === 'select' ? this.#insertDepth : this.#insertDepth + 1))
      this.#column += 1;
  }

  #endStatement(): void {
    this.#depth = 0;
    this.#secretDepth = -1;
    this.#insert = 'none';
  }

  #passWord(text: string): boolean {
    const word = text.toUpperCase();
    const before = this.#lastWord;
    this.#lastWord = word;
    if (this.#depth <= this.#secretDepth && (ENDS.has(word) || CLAUSE_ENDS.has(word))) this.#secretDepth = -1;
    this.#followInsert(word, before);
    if (this.#secretDepth >= 0 && ASSIGNS.has(word)) this.#isAssigned = true;
    if (word === 'FOR' && this.#secretDepth >= 0 && before === 'PASSWORD') this.#awaitsEquals = true;
    return word === 'IDENTIFIED' ? this.#begin() : this.#passName(text);
  }

  #passName(name: string): boolean {
    if (!this.#secrets.has(name)) return false;
    if (this.#insert !== 'columns') return this.#begin();
    this.#secretColumns.add(this.#column);
    return false;
  }

  /** @returns false inside of another secret's expression */
  #begin(): boolean {
    const begins = this.#secretDepth < 0;
    if (begins) {
      this.#secretDepth = this.#depth;
      this.#isAssigned = false;
    }
    this.#awaitsEquals = false;
    return begins;
  }

  #followInsert(word: string, before: string): void {
    if (word === 'INSERT' || (word === 'INTO' && (before === 'REPLACE' || this.#insert !== 'none'))) {
      this.#insert = 'begun';
      this.#insertDepth = this.#depth;
      this.#secretColumns.clear();
    } else if (this.#insert === 'named' && (word === 'VALUES' || word === 'VALUE')) this.#insert = 'rows';
    else if (this.#insert === 'named' && word === 'SELECT') {
      this.#insert = 'select';
      this.#insertDepth = this.#depth;
      this.#column = 0;
    } else if (this.#insert === 'rows' && this.#depth === this.#insertDepth && ENDS_ROWS.has(word))
      this.#insert = 'none';
    else if (this.#insert === 'select' && this.#depth === this.#insertDepth && word === 'FROM') this.#insert = 'none';
  }
}
