import type { Exchange, Protocol } from './analyzer.ts';
import type { EngineLimits } from './limits.ts';

/** Takes a finished exchange.
 *  @param title its L7_PROTOCOL
 *  @param sampleRate of so many conversations, this one was kept */
export type OnExchange = (
  slot: number,
  title: string,
  exchange: Exchange,
  protocol: Protocol,
  sampleRate: number,
) => void;

export interface EngineOptions {
  readonly protocols: readonly Protocol[];
  /** Server port → index into `protocols`: conversations with that port speak it, whatever they look like. */
  readonly pinned?: ReadonlyMap<number, number>;
  /** Bytes of a header block or body that are kept. */
  readonly bodyLen: number;
  readonly bodies: boolean;
  /** Media types whose bodies are kept although they are no text; see kit/body-types.ts. */
  readonly mediaTypes?: readonly string[];
  /** Names of secrets besides the usual ones, and names that are none; see kit/redact/names.ts. */
  readonly secretNames?: readonly string[];
  readonly plainNames?: readonly string[];
  /** One in so many conversations is read, the others are only named. */
  readonly sampleRate?: number;
  readonly limits?: Partial<EngineLimits>;
}
