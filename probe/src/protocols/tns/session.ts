// cold. What is known of a session, and the reports of it.
import type { AnalyzerContext } from '../analyzer.ts';
import { ByteReader } from '../kit/byte-reader.ts';
import { readRows } from './binds.ts';
import { Cursors, costOf } from './cursors.ts';
import type { Descriptor } from './descriptor.ts';
import { errorOf, exchangeOf, type Reply, type Request } from './exchange.ts';
import type { tnsFields } from './fields.ts';
import { isBlock, readMarks } from './marks.ts';
import type { Outcome } from './outcome.ts';
import type { Question } from './request.ts';
import { OFETCH, OSESSKEY } from './ttc.ts';

type Context = AnalyzerContext<typeof tnsFields>;

export class Session {
  readonly #context: Context;
  readonly #cursors = new Cursors();
  #descriptor: Descriptor = { service: '', program: '', osUser: '' };
  #user = '';
  #program = '';

  constructor(context: Context) {
    this.#context = context;
  }

  connect(descriptor: Descriptor): void {
    this.#descriptor = descriptor;
  }

  /** A request was asked: puts in what it refers to.
   *  @param isWhole all of it was there */
  resolve(question: Question, isWhole: boolean): { question: Question; rowsBefore: number | undefined } {
    for (const number of question.closed) this.#context.release(this.#cursors.delete(number));
    if (question.login !== undefined) {
      this.#user = question.login.user || this.#user;
      this.#program = question.login.program || this.#program;
    }
    const cursor = question.cursor ? this.#cursors.get(question.cursor) : undefined;
    if (cursor === undefined || question.sql !== undefined)
      return { question: this.#withParams(question, isWhole), rowsBefore: undefined };
    const { sql, isCut, binds } = cursor;
    const resolved = { ...question, sql, isCut, binds: question.binds ?? binds };
    return { question: this.#withParams(resolved, isWhole), rowsBefore: cursor.rows };
  }

  /** Without its statement, which values are secrets is not known: then none is read. */
  #withParams({ rows, ...question }: Question, isWhole: boolean): Question {
    const { sql, binds } = question;
    if (sql === undefined || binds === undefined || rows === undefined || !this.#context.bodies) return question;
    const { returned } = readMarks(sql);
    const valued = binds.slice(0, Math.max(0, binds.length - returned));
    const { texts, isCut } = readRows(new ByteReader(rows), valued, isBlock(sql), isWhole, this.#context.bodyLen);
    return { ...question, params: texts, isParamsCut: isCut };
  }

  forgetCursors(): void {
    this.#context.release(this.#cursors.clear());
  }

  /** @param reply undefined when none was seen */
  report(request: Request | undefined, reply: Reply | undefined): void {
    if (request !== undefined) this.#context.release(request.heldBytes);
    if (reply?.outcome !== undefined) this.#learn(request?.question, reply.outcome);
    if (isQuiet(request, reply)) return;
    const facts = {
      user: request?.question?.kind === 'connect' ? this.#descriptor.osUser : this.#user,
      program: this.#program || this.#descriptor.program,
      service: this.#descriptor.service,
    };
    this.#context.emit(exchangeOf(request, reply, facts, this.#context.bodyLen, this.#context.redactor));
  }

  #learn(question: Question | undefined, { cursor: told, rows }: Outcome): void {
    const number = question?.cursor || told;
    const sql = question?.sql;
    if (sql === undefined || question?.kind !== 'statement' || number === 0 || question.code === 0) return;
    const known = this.#cursors.get(number);
    if (known?.sql === sql && known.binds === question.binds) {
      known.rows = rows;
      return;
    }
    const cursor = { sql, isCut: question.isCut === true, binds: question.binds, rows };
    if (question.code === OFETCH || !this.#context.hold(costOf(cursor))) return;
    const moreBytes = this.#cursors.set(number, cursor);
    this.#context.release(costOf(cursor) - moreBytes);
  }
}

/** What is no statement is not told; nor is the first round of a login, unless it failed, and a listener's yes; nor an answer
 *  of which nothing is known. */
function isQuiet(request: Request | undefined, reply: Reply | undefined): boolean {
  const question = request?.question;
  if (request === undefined && reply?.outcome === undefined && reply?.redirect === undefined) return true;
  if (question?.kind === 'quiet') return true;
  if (question?.kind !== 'connect' && question?.code !== OSESSKEY) return false;
  if (reply === undefined || reply.redirect !== undefined) return false;
  return reply.outcome === undefined || errorOf(request, reply.outcome) === 0;
}
