// cold. PostgreSQL's statements and their answers as tshark sees them.
import type { Claim, Judge } from './claims.ts';
import { type Layer, shown, written } from './pdml.ts';

interface Step {
  readonly kind: 'query' | 'parse' | 'bind' | 'execute' | 'call' | 'sync';
  readonly sql: string;
  rows: number | undefined;
  dataRows: number;
  state: string | undefined;
  error: string | undefined;
}

const ENDS: { readonly [type: string]: Step['kind'] } = {
  'Parse completion': 'parse',
  'Bind completion': 'bind',
  'Command completion': 'execute',
  'Empty query': 'execute',
  'Portal suspended': 'execute',
};

/** One connection: what was asked and is not answered yet, in order. */
class Session {
  readonly #told: Step[] = [];
  readonly #texts = new Map<string, string>();
  readonly #portals = new Map<string, string>();
  #waiting: Step[] = [];
  #failed = false;

  /** @returns what was answered; an error may be the last word of the server */
  all(): Step[] {
    return [...this.#told, ...this.#waiting.filter(({ state }) => state !== undefined)];
  }

  take(layer: Layer): void {
    const type = shown(layer, 'pgsql.type') ?? '';
    if (layer.fromClient) this.#request(layer, type);
    else this.#answer(layer, type);
  }

  #request(layer: Layer, type: string): void {
    const [statement = '', portal = ''] = [written(layer, 'pgsql.statement'), written(layer, 'pgsql.portal')];
    const query = written(layer, 'pgsql.query') ?? '';
    if (type === 'Simple query') this.#ask('query', query);
    if (type === 'Parse') {
      this.#texts.set(statement, query);
      this.#ask('parse', query);
    }
    if (type === 'Bind') {
      const sql = this.#texts.get(statement) ?? '';
      this.#portals.set(portal, sql);
      this.#ask('bind', sql);
    }
    if (type === 'Execute') this.#ask('execute', this.#portals.get(portal) ?? '');
    if (type === 'Function call') this.#ask('call', '');
    if (type === 'Sync') this.#ask('sync', '');
  }

  #ask(kind: Step['kind'], sql: string): void {
    if (kind === 'sync') this.#failed = false;
    if (this.#failed) return;
    this.#waiting.push({ kind, sql, rows: undefined, dataRows: 0, state: undefined, error: undefined });
  }

  #answer(layer: Layer, type: string): void {
    const step = this.#waiting[0];
    if (step === undefined) return;
    if (type === 'Command completion') {
      const rows = /^(?:SELECT|INSERT \d+|UPDATE|DELETE|COPY|FETCH|MOVE|MERGE) (\d+)/.exec(
        shown(layer, 'pgsql.tag') ?? '',
      )?.[1];
      if (rows !== undefined) step.rows = (step.rows ?? 0) + Number(rows);
    }
    // A Sync that comes while the server waits for COPY data is passed over.
    if (type === 'CopyIn response') this.#waiting = this.#waiting.filter(({ kind }) => kind !== 'sync');
    if (type === 'Data row') step.dataRows++;
    if (type === 'Error') {
      step.state = shown(layer, 'pgsql.code');
      step.error = written(layer, 'pgsql.message')?.slice(1);
      // An error at the Sync is the commit's: it undoes what the last statement did.
      if (step.kind === 'sync') Object.assign(this.#told.at(-1) ?? {}, { state: step.state, error: step.error });
      else if (step.kind !== 'query') this.#skipToSync(step);
      return;
    }
    if (step.kind !== 'query' && ENDS[type] === step.kind) this.#done();
    if (type === 'Ready for query') this.#done();
  }

  #done(): void {
    const step = this.#waiting.shift();
    if (step && (step.kind === 'query' || step.kind === 'execute')) this.#told.push(step);
  }

  #skipToSync(failed: Step): void {
    this.#told.push(failed);
    const sync = this.#waiting.findIndex(({ kind }) => kind === 'sync');
    this.#failed = sync < 0;
    this.#waiting = sync < 0 ? [] : this.#waiting.slice(sync);
  }
}

const EXECUTE = /(?:^|[;/])\s*EXECUTE\s/i;

export const pgsqlJudge: Judge = {
  layers: ['pgsql'],
  claims(layers) {
    const session = new Session();
    for (const layer of layers) session.take(layer);
    return session.all().map(claimOf);
  },
  unread: layers =>
    layers.some(layer => EXECUTE.test(shown(layer, 'pgsql.query') ?? ''))
      ? 'statements as they come, not what EXECUTE in SQL stands for'
      : undefined,
  nameOf: ({ SQL, RESP, COMMAND }) => (RESP === 1 && COMMAND === undefined ? String(SQL ?? '') : undefined),
};

const claimOf = ({ sql, rows, dataRows, state, error }: Step): Claim => ({
  name: sql,
  facts: {
    // SHOW and its like name no number.
    ROWS: rows ?? (dataRows > 0 ? dataRows : undefined),
    RET_CODE: state === undefined ? 0 : 1,
    SQLSTATE: state,
    ERR: error,
  },
});
