// warm. Prepared statements and portals of one session, by name; the empty name is the unnamed one's.
// They change when the client asks, as its next messages rely on that already; what the server then refused is undone.
import type { AnalyzerContext } from '../analyzer.ts';

/** What a table entry costs beside its text. */
const ENTRY_BYTES = 150;

export interface Entry {
  /** What it keeps of texts. */
  readonly textBytes: number;
}

export interface Statement extends Entry {
  /** As prepared, perhaps cut; empty when there was no room. */
  readonly sql: string;
  readonly isCut: boolean;
  /** Of the parameters, as Parse said or Describe was told; 0 and what is missing are unknown. */
  types: readonly number[];
  /** A Describe waits for those that Parse left open. */
  asksTypes: boolean;
}

export interface Portal extends Entry {
  /** Undefined when its Parse was not seen. */
  readonly statement: Statement | undefined;
  readonly params: readonly string[] | undefined;
  readonly isCut: boolean;
}

/** How to take a change back. */
export interface Change<E extends Entry> {
  readonly table: Names<E>;
  /** Undefined: of all names, which is done only when the server says so. */
  readonly name: string | undefined;
  readonly before: E | undefined;
}

export class Names<E extends Entry> {
  readonly #context: AnalyzerContext;
  readonly #kind: string;
  readonly #limit: number;
  readonly #entries = new Map<string, E>();

  /** @param kind for the counter of entries that there was no room for
   *  @param limit entries at a time; the oldest goes */
  constructor(context: AnalyzerContext, kind: string, limit: number) {
    this.#context = context;
    this.#kind = kind;
    this.#limit = limit;
  }

  get(name: string): E | undefined {
    return this.#entries.get(name);
  }

  /** @param entry undefined to forget the name
   *  @returns how to undo it */
  set(name: string, entry: E | undefined): Change<E> {
    const before = this.#entries.get(name);
    if (before !== undefined) this.#delete(name, before);
    if (entry !== undefined) this.#add(name, entry);
    return { table: this, name, before };
  }

  clear(): void {
    for (const [name, entry] of this.#entries) this.#delete(name, entry);
  }

  #add(name: string, entry: E): void {
    const [oldest] = this.#entries.size >= this.#limit ? this.#entries : [];
    if (oldest !== undefined) this.#delete(...oldest);
    const hasRoom = this.#context.hold(costOf(name, entry));
    if (hasRoom) this.#entries.set(name, entry);
    if (!hasRoom || oldest !== undefined) this.#context.parseError(`${this.#kind}_limit`);
  }

  #delete(name: string, entry: E): void {
    this.#entries.delete(name);
    this.#context.release(costOf(name, entry));
  }
}

const costOf = (name: string, entry: Entry): number => ENTRY_BYTES + name.length + entry.textBytes;

/** Takes changes back, the latest first. */
export function undo(changes: readonly Change<Statement>[]): void {
  for (const { table, name, before } of changes.toReversed()) if (name !== undefined) table.set(name, before);
}

/** It is not known whether they were made. */
export function forget(changes: readonly Change<Statement>[]): void {
  for (const { table, name } of changes) {
    if (name === undefined) table.clear();
    else table.set(name, undefined);
  }
}
