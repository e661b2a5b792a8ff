// cold. ErrorResponse and NoticeResponse. Source: PostgreSQL documentation, "Error and Notice Message Fields".
import type { SessionFacts } from './facts.ts';
import { stringEnd } from './wire.ts';

/** Longest message that is told. */
const MESSAGE_LIMIT_BYTES = 1024;

const LOCALIZED_SEVERITY = 0x53; // S
const SEVERITY = 0x56; // V, since version 9.6
const CODE = 0x43; // C
const MESSAGE = 0x4d; // M

export interface ServerReport {
  /** ERROR, FATAL, PANIC; WARNING, NOTICE, DEBUG, INFO, LOG. */
  readonly severity: string;
  readonly sqlState: string;
  readonly message: string;
}

/** @param end of the body, or of what there is of it */
export function readReport(bytes: Uint8Array, from: number, end: number, facts: SessionFacts): ServerReport {
  const fields = new Map<number, string>();
  for (let at = from; at < end && bytes[at] !== 0; ) {
    const found = stringEnd(bytes, at + 1, end);
    const valueEnd = found < 0 ? end : found;
    fields.set(bytes[at] ?? 0, facts.decode(bytes, at + 1, Math.min(valueEnd, at + 1 + MESSAGE_LIMIT_BYTES)));
    at = valueEnd + 1;
  }
  return {
    severity: fields.get(SEVERITY) ?? fields.get(LOCALIZED_SEVERITY) ?? '',
    sqlState: fields.get(CODE) ?? '',
    message: fields.get(MESSAGE) ?? '',
  };
}

/** The server ends the session. */
export const isFatal = ({ severity }: ServerReport): boolean => severity === 'FATAL' || severity === 'PANIC';
