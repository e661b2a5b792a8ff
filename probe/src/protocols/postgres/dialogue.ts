// warm. The state of one session that both directions change: what was prepared, what waits for an answer.
import type { AnalyzerContext, Direction } from '../analyzer.ts';
import { Pairing } from '../kit/pairing.ts';
import { SessionFacts } from './facts.ts';
import type { postgresFields } from './fields.ts';
import { changesOf, doubtsOf, Group, requestOf } from './group.ts';
import type { Arrival } from './message.ts';
import { type Change, forget, Names, type Portal, type Statement, undo } from './prepared.ts';
import { postgresExchange } from './record.ts';
import { type Asked, Prepared, Request } from './request.ts';

/** Prepared statements that are kept: several times what drivers cache per connection (256 in pgjdbc). */
const STATEMENTS_LIMIT = 1024;
/** Portals that are kept: a session has few cursors open at a time, and not all are closed by name. */
const PORTALS_LIMIT = 64;
/** What a request costs beside its texts. */
const REQUEST_BYTES = 400;

export type Context = AnalyzerContext<typeof postgresFields>;

export class Dialogue {
  readonly context: Context;
  readonly facts = new SessionFacts();
  readonly statements: Names<Statement>;
  readonly portals: Names<Portal>;
  #pairing: Pairing<Group>;
  /** The group that the client adds to; undefined between two. */
  #open: Group | undefined;
  #latest: Group | undefined;
  #login: Group | undefined;
  /** Of what the client sent for this one, something was lost. */
  #torn: Group | undefined;
  #done: Request | undefined;

  constructor(context: Context) {
    this.context = context;
    this.statements = new Names<Statement>(context, 'statements', STATEMENTS_LIMIT);
    this.portals = new Names<Portal>(context, 'portals', PORTALS_LIMIT);
    this.#pairing = this.#makePairing(context.midStream);
  }

  /** A session begins: whatever was lost before has no answers to come.
   *  @param command undefined when the server was seen to speak of a login that was not seen itself */
  begin(command: string | undefined, from: Prepared): void {
    this.close();
    this.#pairing = this.#makePairing(false);
    this.askQuery({ isLogin: true, ...(command !== undefined && { command }) }, from);
    this.#login = this.#latest;
  }

  /** The server speaks of a login. */
  noteLogin(): void {
    if (!this.answered?.answering?.asked.isLogin) this.begin(undefined, new Prepared());
  }

  /** Asks something that ReadyForQuery ends.
   *  @param changes of what is prepared, by what it says in SQL
   *  @returns undefined when there was no room */
  askQuery(asked: Asked, from: Prepared, changes: Change<Statement>[] = []): Request | undefined {
    const request = this.#makeRequest(asked, from);
    this.#add('query', undefined, request, changes);
    this.sync(0);
    return request;
  }

  /** Asks for a run of a portal. */
  askRun(asked: Asked, from: Prepared, statement: Statement | undefined, changes: Change<Statement>[]): void {
    this.#add('run', statement, this.#makeRequest(asked, from), changes);
  }

  /** @param request undefined when there was no room for it */
  #add(
    kind: 'query' | 'run',
    statement: Statement | undefined,
    request: Request | undefined,
    changes: Change<Statement>[],
  ): void {
    const group = this.openGroup();
    if (request !== undefined && group.add({ kind, statement, request, changes })) return;
    forget(changes);
    if (request === undefined) group.addHole();
    else this.emit(request);
  }

  /** The group whose answers come now, if that is sure. */
  get answered(): Group | undefined {
    return this.#pairing.next;
  }

  /** @returns the group for the client's next message; begins one behind a Sync */
  openGroup(): Group {
    if (this.#open !== undefined) return this.#open;
    this.#endLostLogin();
    const group = new Group(this.context);
    this.#open = group;
    this.#latest = group;
    this.#pairing.ask(group);
    return group;
  }

  /** Sync: the client expects one ReadyForQuery for what it has sent. */
  sync(lengthBytes: number): void {
    const request = this.openGroup().lastRequest ?? this.#done;
    if (request !== undefined) request.bytes += lengthBytes;
    this.#open = undefined;
  }

  /** While it takes a COPY's data, the server passes over the Sync that was sent already; another one follows the data.
   *  Source: PostgreSQL documentation, "COPY Operations". */
  reopen(): void {
    const { answered } = this;
    const latest = this.#latest;
    if (latest === undefined || latest.isOver || (answered !== undefined && answered !== latest)) return;
    if (latest.lastRequest?.asked.isPrepared) this.#open = latest;
  }

  /** @returns a request that there is room to keep, perhaps without its texts; undefined when there is none */
  #makeRequest(asked: Asked, from: Prepared): Request | undefined {
    const texts = (asked.sql?.length ?? 0) + (asked.params ?? []).reduce((sum, { length }) => sum + length + 16, 0);
    const hasRoom = this.context.hold(REQUEST_BYTES + texts);
    if (!hasRoom && !this.context.hold(REQUEST_BYTES)) {
      this.context.parseError('request_not_held');
      return undefined;
    }
    const kept = hasRoom ? asked : { ...asked, sql: undefined, params: undefined, isCut: true };
    const request = new Request(kept, from);
    request.heldBytes = REQUEST_BYTES + (hasRoom ? texts : 0);
    return request;
  }

  /** The latest run, while its commit may still fail. */
  get done(): Request | undefined {
    return this.#done;
  }

  /** ReadyForQuery: the group's answers are complete. */
  ready({ lengthBytes, tsUs, beginUs }: Arrival): void {
    const group = this.#pairing.answer();
    const request = this.#done ?? (group?.head?.kind === 'query' ? group.head.request : undefined);
    request?.answer.touch(lengthBytes, tsUs, beginUs);
    if (group === undefined) this.#emitDone();
    else this.#end(group, true);
    if (group === undefined || group !== this.#latest) return;
    if (group === this.#login) this.#pairing = this.#makePairing(false);
    else if (group === this.#torn && !this.#pairing.overlaps) this.#mend();
  }

  /** The client was asking when something was lost, and has its answer now: as it waits, all of that is over. */
  #mend(): void {
    this.#pairing = this.#makePairing(true);
    this.#pairing.answer();
  }

  /** Messages of `direction` may be missing here. */
  lose(direction: Direction, lengthBytes: number): void {
    const { answered } = this;
    this.skip(direction, lengthBytes);
    this.#pairing.lose(direction);
    if (direction === 0) {
      this.#loseQuestions();
      return;
    }
    this.#emitDone(false);
    if (answered === undefined) return;
    answered.answering?.answer.lose();
    answered.isBlind = true;
  }

  /** Bytes of what is being asked, or answered, are not read. */
  skip(direction: Direction, lengthBytes: number): void {
    const request = direction === 0 ? this.#asking : this.answered?.answering;
    if (request !== undefined) request.lostBytes += lengthBytes;
  }

  /** What the client's next bytes belong to: data of a COPY and passwords are sent while the server answers. */
  get #asking(): Request | undefined {
    if (this.#open !== undefined) return this.#open.lastRequest;
    const answering = this.answered?.answering;
    return answering?.isCopyIn || answering?.asked.isLogin ? answering : undefined;
  }

  close(): void {
    this.#emitDone(false);
    this.#pairing.close();
    this.statements.clear();
    this.portals.clear();
  }

  emit(request: Request): void {
    this.#emitDone();
    this.context.emit(postgresExchange(request, this.facts, this.context.redactor));
    this.drop(request);
  }

  /** A run is over; it is told when the next message shows that its commit did not fail. */
  finish(request: Request): void {
    this.#emitDone();
    this.#done = request;
  }

  /** @param isSure what followed it was seen: its commit did not fail */
  #emitDone(isSure = true): void {
    const request = this.#done;
    this.#done = undefined;
    if (request === undefined) return;
    if (!isSure) request.answer.isComplete = false;
    this.emit(request);
  }

  /** Gives back what it held, unreported. */
  drop(request: Request): void {
    this.context.release(request.heldBytes + request.answer.noticeBytes);
  }

  /** A client asks nothing before its login went well: when the end of that was lost, nothing else is on its way. */
  #endLostLogin(): void {
    if (!this.#login?.isBlind) return;
    const request = this.#login.answering;
    this.#login = undefined;
    if (request !== undefined) request.answer.isComplete = true;
    this.#pairing.close();
    this.#pairing = this.#makePairing(false);
  }

  #makePairing(midStream: boolean): Pairing<Group> {
    return new Pairing<Group>(midStream, group => this.#end(group, false));
  }

  /** What is not named anew for each use may be another statement now. */
  #loseQuestions(): void {
    this.#torn = this.#open ?? (this.answered?.answering?.isCopyIn ? this.answered : undefined);
    this.#open?.addHole();
    this.statements.set('', undefined);
    this.portals.clear();
  }

  /** @param isReady its ReadyForQuery was seen */
  #end(group: Group, isReady: boolean): void {
    if (group === this.#open && isReady) this.#open = undefined;
    this.#emitDone();
    const steps = group.takeAll();
    const holeAt = steps.findIndex(({ kind }) => kind === 'hole');
    const skipped = group.hasFailed ? steps.slice(0, holeAt < 0 ? steps.length : holeAt) : [];
    undo([...group.failedChanges, ...skipped.flatMap(changesOf)]);
    forget(steps.slice(skipped.length).flatMap(doubtsOf));
    for (const [index, step] of steps.entries()) {
      const request = requestOf(step);
      if (request === undefined) continue;
      if (isReady && step.kind === 'query') request.answer.isComplete = true;
      request.isSkipped = isReady && index < skipped.length;
      const isTold = request.isSkipped && step.statement !== undefined && step.statement === group.failedStatement;
      if (isTold || isLogin(request)) this.drop(request);
      else this.emit(request);
    }
  }
}

/** A login that went well, or was not seen to fail, is told by the records of its session. */
const isLogin = ({ asked, answer }: Request): boolean =>
  asked.isLogin === true && answer.error === undefined && (answer.isComplete || asked.command === undefined);
