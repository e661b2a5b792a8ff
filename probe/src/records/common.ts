/** cold. What every record says, whatever it is about. */

import type { IdentityConfig } from '../config/config.ts';
import { DiskUsage } from './disk-usage.ts';
import { findIdentity, type Identity } from './identity.ts';
import type { OutputRecord } from './record.ts';

/** comm: traffic. proc: host and processes. probe: the probe itself. */
export type MessageType = 'comm' | 'proc' | 'probe';

/** @param tsUs when what the record describes ended, µs since the epoch
 *  @returns a new record with the fields of every record, owned by the caller, who adds the others */
export type CommonFields = (messageType: MessageType, tsUs: number) => OutputRecord;

export function createCommonFields(identity: Identity, disks: DiskUsage): CommonFields {
  const fixed = {
    PROBE_VER: identity.version,
    SYSTEM: identity.system,
    gl2_source_collector: identity.probeId,
    TOTAL_CPU: identity.cpus,
    LICENSE: 'free',
    ...(identity.source === '' ? {} : { SOURCE: identity.source }),
  };
  return (messageType, tsUs) => {
    const ratio = disks.ratio();
    return {
      host: identity.hostName,
      short_message: identity.hostName,
      timestamp: Math.round(tsUs / 1000) / 1000,
      'message-type': messageType,
      ...fixed,
      ...(ratio === undefined ? {} : { DISK_RATIO: ratio }),
    };
  };
}

/** Finds out who this host is.
 *  @param stateDir folder where an id can be kept, empty for none */
export async function openCommonFields(
  config: IdentityConfig,
  stateDir: string,
  version: string,
): Promise<CommonFields> {
  const disks = new DiskUsage();
  await disks.refresh();
  return createCommonFields(await findIdentity(config, stateDir, version), disks);
}
