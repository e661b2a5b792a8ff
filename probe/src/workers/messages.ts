/** What the main thread and a worker say to each other. */
import type { LogFields } from '@nanogelf/cli';
import type { CrewMember } from '../capture/ring-source.ts';
import type { AnalysisConfig, ProbeConfig } from '../config/config.ts';
import type { Identity } from '../records/identity.ts';
import type { OutputRecord } from '../records/record.ts';
import type { Counts } from '../telemetry.ts';

/** What a worker is made with. */
export interface WorkerInputs {
  readonly config: ProbeConfig;
  readonly crew: CrewMember;
  /** One word: how many of this worker's records the main thread has taken, modulo 2^32. */
  readonly taken: Int32Array;
}

/** Local port, remote port, remote address of our own datagrams. */
export type OwnPath = readonly [localPort: number, remotePort: number, remoteHost: string];

export type ToWorker =
  | { readonly kind: 'start'; readonly identity: Identity }
  | { readonly kind: 'own paths'; readonly paths: readonly OwnPath[] }
  | { readonly kind: 'adopt'; readonly analysis: AnalysisConfig }
  | { readonly kind: 'count' }
  | { readonly kind: 'stop' };

export type FromWorker =
  /** Its source is open. */
  | { readonly kind: 'open' }
  /** It captures. */
  | { readonly kind: 'started' }
  | { readonly kind: 'records'; readonly records: readonly (readonly [OutputRecord, string | undefined])[] }
  | { readonly kind: 'warning'; readonly message: string; readonly fields: LogFields }
  | { readonly kind: 'counts'; readonly counts: Counts }
  /** Nothing comes any more. */
  | { readonly kind: 'ended'; readonly counts: Counts }
  /** An error for the operator ended it. */
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };
