// cold. TDS batches, calls and their answers as tshark sees them.
import type { Judge } from './claims.ts';
import { all, counted, type Field, type Layer, shown } from './pdml.ts';

const BATCH = 1;
const CALL = 3;
const ANSWER = 4;
const ATTENTION = 6;

export const tdsJudge: Judge = {
  layers: ['tds'],
  claims(layers) {
    return layers.flatMap((layer, index) => {
      const sql = sqlOf(layer);
      return sql === undefined ? [] : [{ name: sql, facts: factsOf(answerTo(layers.slice(index + 1))) }];
    });
  },
  unread: layers =>
    layers.some(layer => !layer.fromClient && counted(layer, 'tds.prelogin.option.mars') === 1)
      ? 'one session on a connection, not several (MC-SMP)'
      : undefined,
  nameOf: ({ SQL, PREPARED }) =>
    PREPARED === 1 || /^(?:BEGIN|COMMIT|ROLLBACK) TRANSACTION/.test(String(SQL))
      ? undefined
      : (SQL as string | undefined),
};

function sqlOf(layer: Layer): string | undefined {
  const type = counted(layer, 'tds.type');
  if (type === BATCH) {
    const parts = all(layer, 'tds.query').map(({ bytes }) => bytes.toString('utf16le'));
    return parts.length > 0 ? parts.join('') : undefined;
  }
  if (type !== CALL) return undefined;
  const name = shown(layer, 'tds.rpc.name');
  if (name !== undefined) return `EXEC ${name}`;
  const label = all(layer, 'tds.rpc.proc_id')[0]?.label ?? '';
  if (!label.includes('sp_executesql')) return undefined;
  return all(layer, 'tds.type_varbyte.data.string')[0]?.bytes.toString('utf16le');
}

/** @param later what came after the request */
function answerTo(later: readonly Layer[]): Layer[] {
  const next = later.findIndex(layer => layer.fromClient && counted(layer, 'tds.type') !== ATTENTION);
  const until = next < 0 ? later : later.slice(0, next);
  return until.filter(layer => counted(layer, 'tds.type') === ANSWER);
}

function factsOf(answer: readonly Layer[]): { readonly [field: string]: unknown } {
  const error = answer.flatMap(layer => all(layer, 'tds.error'))[0];
  return {
    RESP: answer.length > 0 ? 1 : 0,
    ROWS: rowsIn(answer),
    RET_CODE: error ? counted(error, 'tds.error.number') : 0,
    ERR: error && shown(error, 'tds.error.msgtext'),
  };
}

const COUNTS = ['tds.done', 'tds.doneinproc', 'tds.doneproc'];

/** The counts that their tokens call valid. */
function rowsIn(answer: readonly Field[]): number | undefined {
  const tokens = answer
    .flatMap(part => COUNTS.flatMap(name => all(part, name)))
    .filter(token => counted(token, 'tds.done.status.count') === 1);
  const counts = tokens.map(token =>
    COUNTS.map(name => counted(token, `${name}.donerowcount64`)).find(n => n !== undefined),
  );
  return counts.length > 0 ? counts.reduce((sum: number, count) => sum + (count ?? 0), 0) : undefined;
}
