// warm. What one ReadyForQuery answers: a Query, a FunctionCall, or messages of the extended protocol up to a Sync.
import type { AnalyzerContext } from '../analyzer.ts';
import { type Change, forget, type Statement } from './prepared.ts';
import { Prepared, type Request } from './request.ts';

/** What a step costs, its request apart. */
const STEP_BYTES = 100;

/** What the server answers, in the order it was asked. */
export type Step =
  | {
      readonly kind: 'parse' | 'bind' | 'describe' | 'close';
      readonly statement: Statement | undefined;
      /** What is undone should the server not do it. */
      readonly changes?: readonly Change<Statement>[];
    }
  | {
      /** `run` is over with its own answer, `query` with ReadyForQuery. */
      readonly kind: 'run' | 'query';
      readonly statement: Statement | undefined;
      readonly request: Request;
      /** By PREPARE and DEALLOCATE; those that the server has made are taken out. */
      readonly changes: Change<Statement>[];
    }
  | {
      /** Here messages of the client were lost, or there was no room for them. */
      readonly kind: 'hole';
      readonly statement: undefined;
    };

export class Group {
  readonly #context: AnalyzerContext;
  readonly #steps: Step[] = [];
  /** Answers were lost: which step is the next is not known. */
  isBlind = false;
  /** An error came: the server passes over what follows up to Sync. */
  hasFailed = false;
  /** What the error was about: runs of it are not told once more. */
  failedStatement: Statement | undefined;
  /** Of steps that were passed over already. */
  readonly failedChanges: Change<Statement>[] = [];
  /** Given up, or answered: nothing that the client adds is kept. */
  isOver = false;
  /** What prepares the next run. */
  #prepared = new Prepared();

  constructor(context: AnalyzerContext) {
    this.#context = context;
  }

  get head(): Step | undefined {
    return this.#steps[0];
  }

  get steps(): readonly Step[] {
    return this.#steps;
  }

  get prepared(): Prepared {
    return this.#prepared;
  }

  /** A run is asked for: later messages belong to the next. */
  takePrepared(): Prepared {
    const prepared = this.#prepared;
    this.#prepared = new Prepared();
    return prepared;
  }

  /** @returns false when there was no room, and a hole stands in its place */
  add(step: Step): boolean {
    const hasRoom = !this.isOver && this.#context.hold(STEP_BYTES);
    if (hasRoom) this.#steps.push(step);
    else this.addHole();
    return hasRoom;
  }

  /** A hole costs nothing, as two never follow each other. */
  addHole(): void {
    if (this.isOver || this.#steps.at(-1)?.kind === 'hole') return;
    this.#steps.push({ kind: 'hole', statement: undefined });
  }

  /** @returns the request that is being answered, if that is sure */
  get answering(): Request | undefined {
    if (this.isBlind) return this.#onlyRequest();
    const { head } = this;
    return head !== undefined && 'request' in head ? head.request : undefined;
  }

  /** Forgets the head, or everything up to and with `request`. */
  finish(request?: Request): void {
    const index = request === undefined ? 0 : this.#steps.findIndex(step => requestOf(step) === request);
    const over = this.#steps.slice(0, index + 1);
    if (this.hasFailed) this.failedChanges.push(...over.flatMap(changesOf));
    else forget(over.flatMap(doubtsOf));
    this.#forget(index + 1);
  }

  /** @returns the steps that are left; they are forgotten */
  takeAll(): readonly Step[] {
    const steps = [...this.#steps];
    this.#forget(steps.length);
    this.isOver = true;
    return steps;
  }

  /** The first request, or the nearest behind its preparations. */
  get nextRequest(): Request | undefined {
    return this.#firstRequest?.request;
  }

  get lastRequest(): Request | undefined {
    const last = this.#steps.findLast(step => 'request' in step);
    return last && requestOf(last);
  }

  /** The server has done a PREPARE or DEALLOCATE of the statement that is answered.
   *  @returns false when that was not seen to be asked */
  confirm(): boolean {
    const asked = this.isBlind ? this.#steps : this.#steps.slice(0, 1);
    return asked.some(step => 'request' in step && step.changes.shift() !== undefined);
  }

  /** @returns the first request, if it runs what `failed` prepares */
  runOf(failed: Step): Request | undefined {
    const first = this.#firstRequest;
    return first?.statement === failed.statement ? first?.request : undefined;
  }

  get #firstRequest(): Extract<Step, { readonly request: Request }> | undefined {
    return this.#steps.find(step => 'request' in step);
  }

  #forget(count: number): void {
    for (let i = 0; i < count; i++) if (this.#steps.shift()?.kind !== 'hole') this.#context.release(STEP_BYTES);
  }

  /** Answers were lost; where one request waits, the next answer is still its own. */
  #onlyRequest(): Request | undefined {
    if (this.#steps.some(({ kind }) => kind === 'hole')) return undefined;
    const requests = this.#steps.flatMap(step => requestOf(step) ?? []);
    return requests.length === 1 ? requests[0] : undefined;
  }
}

export const requestOf = (step: Step): Request | undefined => ('request' in step ? step.request : undefined);

export const changesOf = (step: Step): readonly Change<Statement>[] => ('changes' in step && step.changes) || [];

/** What a statement of SQL asked for, and the server was not seen to do. */
export const doubtsOf = (step: Step): readonly Change<Statement>[] => ('request' in step ? step.changes : []);
