/** cold. What every record says, whatever it is about. */
import { DiskUsage } from './disk-usage.ts';
import type { Identity } from './identity.ts';
import type { OutputRecord } from './record.ts';

/** comm: traffic. proc: host and processes. probe: the probe itself. */
export type MessageType = 'comm' | 'proc' | 'probe';

/** Sets the fields of every record.
 *  @param tsUs when what the record describes ended, µs since the epoch
 *  @returns `record` */
export type CommonFields = (record: OutputRecord, messageType: MessageType, tsUs: number) => OutputRecord;

export function createCommonFields(identity: Identity, disks: DiskUsage): CommonFields {
  const source = identity.source || undefined;
  return (record, messageType, tsUs) => {
    record.host = identity.hostName;
    record.short_message = identity.hostName;
    record.timestamp = Math.round(tsUs / 1000) / 1000;
    record['message-type'] = messageType;
    record.PROBE_VER = identity.version;
    record.SYSTEM = identity.system;
    record.gl2_source_collector = identity.probeId;
    record.TOTAL_CPU = identity.cpus;
    record.LICENSE = 'free';
    record.SOURCE = source;
    record.DISK_RATIO = disks.ratio();
    return record;
  };
}

/** Looks at this host's disks. */
export async function openCommonFields(identity: Identity): Promise<CommonFields> {
  const disks = new DiskUsage();
  await disks.refresh();
  return createCommonFields(identity, disks);
}
