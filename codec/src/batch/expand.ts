// cold. What an opened envelope message holds, as the receiver passes it on.
import { type MessageName, recordIdOf } from '../envelope/record-id.ts';
import { TYPE_BATCH, TYPE_GELF } from '../envelope/wire.ts';
import { isChunk } from '../gelf/chunks.ts';
import { type DatagramReason, readMessage } from '../gelf/datagram.ts';
import type { PlainRecord } from '../gelf/message.ts';
import { type BatchReason, decodeBatch } from './records.ts';

/** What of an opened message (`Opened` of the receiver) is used here. Fragments are put together and bodies inflated
 *  already. */
export interface OpenedMessage extends MessageName {
  /** TYPE_HEARTBEAT, TYPE_GELF or TYPE_BATCH. */
  readonly type: number;
  /** Lent. */
  readonly body: Uint8Array;
  /** Name of the kid's row. */
  readonly name: string;
  /** GELF `host` values the kid may use; undefined: any. */
  readonly hosts: readonly string[] | undefined;
  /** True when it is authentic but older than the clock mode accepts. */
  readonly isStale: boolean;
}

/** What the receiver vouches for. The names are overwritten in every record. */
export interface Origin {
  readonly envelope: 'opened' | 'stale';
  readonly probe: string;
  readonly kid: number;
  readonly seq: number;
  readonly record_id: string;
}

/** Owned by whoever takes it. Either a GELF datagram, to be passed on byte for byte (docs/decisions/raw-gelf.md), or a
 *  decorated record. A datagram that came in clear has no origin. */
export type Delivery =
  | { readonly kind: 'datagram'; readonly datagram: Uint8Array; readonly origin: Origin | undefined }
  | { readonly kind: 'record'; readonly record: PlainRecord };

/** `host` when a record names a host that the kid may not use, `host_chunk` when a chunk hides which host it names. */
export type ExpandReason = BatchReason | DatagramReason | 'host' | 'host_chunk';

export interface Expansion {
  readonly deliveries: readonly Delivery[];
  /** One reason for each record, datagram or batch that was refused. */
  readonly refused: readonly ExpandReason[];
}

const NOTHING: Expansion = { deliveries: [], refused: [] };

/** @returns nothing for a heartbeat, the datagram for raw GELF, one record for each of a batch */
export function expand(message: OpenedMessage): Expansion {
  if (message.type === TYPE_GELF) return expandGelf(message);
  return message.type === TYPE_BATCH ? expandBatch(message) : NOTHING;
}

function expandGelf(message: OpenedMessage): Expansion {
  const fault = message.hosts && faultOfHost(message.body, message.hosts);
  if (fault !== undefined) return { deliveries: [], refused: [fault] };
  const datagram = new Uint8Array(message.body);
  return { deliveries: [{ kind: 'datagram', datagram, origin: originOf(message, 0) }], refused: [] };
}

function faultOfHost(datagram: Uint8Array, hosts: readonly string[]): ExpandReason | undefined {
  if (isChunk(datagram)) return 'host_chunk';
  const read = readMessage(datagram);
  if (!read.ok) return read.reason;
  return isAllowed(read.value, hosts) ? undefined : 'host';
}

function expandBatch(message: OpenedMessage): Expansion {
  const batch = decodeBatch(message.body);
  if (!batch.ok) return { deliveries: [], refused: [batch.reason] };
  const deliveries: Delivery[] = [];
  const refused: ExpandReason[] = [];
  batch.value.forEach((record, index) => {
    if (isAllowed(record, message.hosts)) {
      deliveries.push({ kind: 'record', record: decorate(record, originOf(message, index)) });
    } else refused.push('host');
  });
  return { deliveries, refused };
}

const isAllowed = ({ host }: PlainRecord, hosts: readonly string[] | undefined): boolean =>
  hosts === undefined || (typeof host === 'string' && hosts.includes(host));

const originOf = (message: OpenedMessage, index: number): Origin => ({
  envelope: message.isStale ? 'stale' : 'opened',
  probe: message.name,
  kid: message.kid,
  seq: message.seq,
  record_id: recordIdOf(message, index),
});

/** @returns a new record whose last fields are the origin's: of two names that GELF spells alike, the last one counts */
export function decorate(record: PlainRecord, origin: Origin): PlainRecord {
  const decorated: PlainRecord = {};
  for (const name in record) {
    if (!Object.hasOwn(origin, name)) decorated[name] = record[name];
  }
  return Object.assign(decorated, origin);
}
