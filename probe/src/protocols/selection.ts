// cold. Which protocols are looked for, from the options `proto` and `ignorel7`.
import type { Protocol } from './analyzer.ts';

export interface Selection {
  readonly protocols: readonly Protocol[];
  /** Server port → index into `protocols`. */
  readonly pinned: ReadonlyMap<number, number>;
}

/** A protocol by its folder's name, and a port that is always its own. */
export interface Choice {
  readonly id: string;
  readonly port?: number;
}

/** @param all every protocol there is
 *  @param choices only these; empty for all
 *  @param ignored ids to leave out */
export function selectProtocols(
  all: readonly Protocol[],
  choices: readonly Choice[],
  ignored: readonly string[],
): Selection {
  const protocols = all.filter(
    ({ id }) => !ignored.includes(id) && (choices.length === 0 || choices.some(choice => choice.id === id)),
  );
  const pinned = new Map<number, number>();
  for (const { id, port } of choices) {
    const index = protocols.findIndex(protocol => protocol.id === id);
    if (port !== undefined && index >= 0) pinned.set(port, index);
  }
  return { protocols, pinned };
}
