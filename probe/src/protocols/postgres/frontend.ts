// warm. The client's messages: what is prepared, what is to be run.
import { characterEnd } from '../kit/text.ts';
import type { Dialogue } from './dialogue.ts';
import type { Group } from './group.ts';
import type { Arrival, Message } from './message.ts';
import { FRONTEND, HEADER_BYTES } from './messages.ts';
import { readParams, readTypes } from './params.ts';
import type { Portal, Statement } from './prepared.ts';
import { type Asked, Prepared, type Request } from './request.ts';
import { type Spoken, speak } from './spoken.ts';
import type { Startup } from './startup.ts';
import { int32, stringEnd } from './wire.ts';

const STATEMENT = 0x53; // S

interface Text {
  readonly text: string;
  readonly isCut: boolean;
}

export class Frontend {
  readonly #dialogue: Dialogue;
  /** What the latest message belongs to. */
  #latest: Request | Prepared | undefined;

  constructor(dialogue: Dialogue) {
    this.#dialogue = dialogue;
  }

  onStartup(startup: Startup, arrival: Arrival): void {
    this.#dialogue.facts.begin(startup);
    const prepared = new Prepared();
    prepared.add(arrival.lengthBytes, arrival.tsUs, arrival.beginUs);
    this.#dialogue.begin('StartupMessage', prepared);
  }

  /** Nothing answers it; the server closes the connection. */
  onCancel({ pid }: Startup, { lengthBytes, tsUs, beginUs }: Arrival): void {
    this.#dialogue.context.emit({
      beginUs,
      endUs: tsUs,
      bytes: lengthBytes,
      summary: `CancelRequest ${pid} -`,
      fields: { COMMAND: 'CancelRequest', BACKEND_PID: pid },
    });
  }

  /** @returns false when it makes no sense */
  onMessage(message: Message): boolean {
    switch (message.type) {
      case FRONTEND.Query:
        return this.#onQuery(message);
      case FRONTEND.Parse:
        return this.#onParse(message);
      case FRONTEND.Bind:
        return this.#onBind(message);
      case FRONTEND.Describe:
        return this.#onDescribe(message);
      case FRONTEND.Execute:
        return this.#onExecute(message);
      case FRONTEND.Close:
        return this.#onClose(message);
      case FRONTEND.Sync:
        this.#dialogue.sync(message.lengthBytes);
        return true;
      case FRONTEND.FunctionCall:
        return this.#onFunctionCall(message);
      case FRONTEND.CopyDone:
      case FRONTEND.CopyFail:
      case FRONTEND.Password:
        this.onGoingOn(message.lengthBytes);
        return true;
      default:
        return true; // Flush, Terminate: nothing is asked
    }
  }

  /** Of what is being answered: data of a COPY, a password. */
  onGoingOn(lengthBytes: number): void {
    this.#latest = this.#dialogue.answered?.answering;
    if (this.#latest !== undefined) this.#latest.bytes += lengthBytes;
  }

  /** What is not read of a long message. */
  onMore(lengthBytes: number, tsUs: number): void {
    const to = this.#latest;
    if (to === undefined) return;
    to.bytes += lengthBytes;
    if (!('answer' in to) || to.answer.beginUs === 0) to.endUs = tsUs;
  }

  /** Bytes inside the latest message were lost. */
  loseInside(lengthBytes: number): void {
    if (this.#latest !== undefined) this.#latest.lostBytes += lengthBytes;
  }

  #onQuery(message: Message): boolean {
    const { text, isCut } = this.#textAt(message.bytes, HEADER_BYTES, message.lengthBytes);
    const group = this.#prepare(message); // tells what is over, and by that which names are known
    const { asked, changes } = this.#speak(text, isCut);
    this.#latest = this.#dialogue.askQuery(asked, group.takePrepared(), changes);
    return true;
  }

  #onFunctionCall(message: Message): boolean {
    const asked = { command: `FunctionCall ${int32(message.bytes, HEADER_BYTES) >>> 0}` };
    this.#latest = this.#dialogue.askQuery(asked, this.#prepare(message).takePrepared());
    return true;
  }

  #speak(sql: string, isCut: boolean): Spoken {
    const { context, statements } = this.#dialogue;
    return speak(sql, isCut, statements, context.bodies, () => context.parseError('sayings_limit'));
  }

  /** Counts the message towards the next run. @returns its group */
  #prepare({ lengthBytes, tsUs, beginUs }: Arrival): Group {
    const group = this.#dialogue.openGroup();
    group.prepared.add(lengthBytes, tsUs, beginUs);
    this.#latest = group.prepared;
    return group;
  }

  #onParse(message: Message): boolean {
    const { bytes, lengthBytes: end } = message;
    const nameEnd = stringEnd(bytes, HEADER_BYTES, end);
    if (nameEnd < 0) return false;
    const { text: sql, isCut } = this.#textAt(bytes, nameEnd + 1, end);
    const sqlEnd = stringEnd(bytes, nameEnd + 1, end);
    const types = sqlEnd < 0 ? [] : readTypes(bytes, sqlEnd + 1, end);
    const statement: Statement = { sql, isCut, types, asksTypes: false, textBytes: sql.length + 8 * types.length };
    const name = this.#dialogue.facts.decode(bytes, HEADER_BYTES, nameEnd);
    const group = this.#prepare(message);
    group.add({ kind: 'parse', statement, changes: [this.#dialogue.statements.set(name, statement)] });
    return true;
  }

  #onBind(message: Message): boolean {
    const { bytes, lengthBytes: end } = message;
    const portalEnd = stringEnd(bytes, HEADER_BYTES, end);
    const nameEnd = portalEnd < 0 ? -1 : stringEnd(bytes, portalEnd + 1, end);
    if (nameEnd < 0) return false;
    const { facts, statements, portals } = this.#dialogue;
    const statement = statements.get(facts.decode(bytes, portalEnd + 1, nameEnd));
    const portal = this.#portalOf(statement, bytes, nameEnd + 1, end, !message.isWhole);
    portals.set(facts.decode(bytes, HEADER_BYTES, portalEnd), portal);
    this.#prepare(message).add({ kind: 'bind', statement });
    return true;
  }

  #portalOf(statement: Statement | undefined, bytes: Uint8Array, at: number, end: number, isCut: boolean): Portal {
    const { context, facts } = this.#dialogue;
    // Which of them are secrets is not known without the statement.
    if (!context.bodies || statement === undefined) return { statement, params: undefined, isCut: false, textBytes: 0 };
    const read = readParams(bytes, at, end, statement, context.bodyLen, facts);
    return { statement, params: read.texts, isCut: read.isCut || isCut, textBytes: read.lengthBytes };
  }

  #onDescribe(message: Message): boolean {
    const statement = this.#targetOf(message.bytes, message.lengthBytes);
    const isOpen = message.bytes[HEADER_BYTES] === STATEMENT && statement?.types.includes(0) === true;
    if (isOpen) statement.asksTypes = true;
    this.#prepare(message).add({ kind: 'describe', statement });
    return true;
  }

  #targetOf(bytes: Uint8Array, end: number): Statement | undefined {
    const { facts, statements, portals } = this.#dialogue;
    const name = facts.decode(bytes, HEADER_BYTES + 1, end - 1);
    return bytes[HEADER_BYTES] === STATEMENT ? statements.get(name) : portals.get(name)?.statement;
  }

  #onClose(message: Message): boolean {
    const { bytes, lengthBytes: end } = message;
    const { facts, statements, portals } = this.#dialogue;
    const name = facts.decode(bytes, HEADER_BYTES + 1, end - 1);
    const isStatement = bytes[HEADER_BYTES] === STATEMENT;
    if (!isStatement) portals.set(name, undefined);
    const changes = isStatement ? [statements.set(name, undefined)] : [];
    this.#prepare(message).add({ kind: 'close', statement: undefined, changes });
    return true;
  }

  #onExecute(message: Message): boolean {
    const { bytes, lengthBytes: end } = message;
    const nameEnd = stringEnd(bytes, HEADER_BYTES, end);
    if (nameEnd < 0) return false;
    const { facts, portals } = this.#dialogue;
    const portal = portals.get(facts.decode(bytes, HEADER_BYTES, nameEnd));
    const group = this.#prepare(message);
    const { statement } = portal ?? {};
    const { asked, changes } = this.#speak(statement?.sql ?? '', statement?.isCut === true);
    this.#dialogue.askRun(runOf(portal, asked), group.takePrepared(), statement, changes);
    return true;
  }

  /** The string at `at`, or what there is of it, cut at the limit for texts. */
  #textAt(bytes: Uint8Array, at: number, end: number): Text {
    const { context, facts } = this.#dialogue;
    const found = stringEnd(bytes, at, end);
    const whole = found < 0 ? end : found;
    const limit = at + context.bodyLen;
    if (found >= 0 && whole <= limit) return { text: facts.decode(bytes, at, whole), isCut: false };
    const cut = Math.min(whole, limit);
    return { text: facts.decode(bytes, at, facts.isUtf8 ? characterEnd(bytes, at, cut) : cut), isCut: true };
  }
}

/** @param asked by the text of its statement */
const runOf = (portal: Portal | undefined, asked: Asked): Asked => ({
  ...asked,
  params: asked.params ?? portal?.params,
  isCut: portal?.isCut === true || asked.isCut === true,
  isPrepared: true,
});
