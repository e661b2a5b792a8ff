/** cold. The program a live socket runs on every frame: leave out loopback's outgoing copies, apply the user's filter
 *  for the link the frame came from, decide the snap length. */
import {
  assemble,
  embed,
  fromNetworkHeader,
  HARDWARE_TYPE,
  JEQ_K,
  jump,
  jumpIf,
  LD_W_ABS,
  type Line,
  label,
  op,
  PACKET_TYPE,
  type Program,
  RET_K,
} from './bpf.ts';
import { ARPHRD_ETHER, ARPHRD_LOOPBACK } from './devices.ts';
import { LINKTYPE_RAW } from './file-format.ts';
import { compileDeviceFilter, compileFilter } from './filter.ts';
import { type SnapPolicy, snapLines } from './snap.ts';
import { CaptureError } from './source.ts';

const PACKET_OUTGOING = 4;

export interface LiveSelection {
  /** A pcap filter expression; empty or undefined for everything. */
  readonly filter?: string;
  /** max-length: bytes of each frame that are handed over at most. */
  readonly snapBytes: number;
  readonly snapPolicy?: SnapPolicy;
}

/** @param device a name, or `any`
 *  @param linkType of the device; for `any` both kinds of link are told apart frame by frame
 *  @throws CaptureError ERR_BAD_FILTER, ERR_NO_LIBPCAP */
export const liveProgram = (device: string, linkType: number, selection: LiveSelection): Program =>
  assemble([
    ...withoutLoopbackCopies(),
    ...filterLines(device, linkType, selection.filter),
    label('accepted'),
    ...snapLines(selection.snapBytes, selection.snapPolicy),
  ]);

/** Loopback shows every frame going out and coming in: once is enough. */
const withoutLoopbackCopies = (): Line[] => [
  op(LD_W_ABS, PACKET_TYPE),
  jumpIf(JEQ_K, PACKET_OUTGOING, undefined, 'no-copy'),
  op(LD_W_ABS, HARDWARE_TYPE),
  jumpIf(JEQ_K, ARPHRD_LOOPBACK, undefined, 'no-copy'),
  op(RET_K, 0),
  label('no-copy'),
];

function filterLines(device: string, linkType: number, filter = ''): Line[] {
  if (filter.trim() === '') return [];
  const ethernet = () => embed(compileDeviceFilter(filter, device), 'accepted');
  const raw = () => embed(fromNetworkHeader(compileFilter(filter, LINKTYPE_RAW)), 'accepted');
  if (device !== 'any') return linkType === LINKTYPE_RAW ? raw() : ethernet();
  return [
    op(LD_W_ABS, HARDWARE_TYPE),
    jumpIf(JEQ_K, ARPHRD_ETHER, 'ethernet'),
    jumpIf(JEQ_K, ARPHRD_LOOPBACK, 'ethernet'),
    jump('raw'),
    label('ethernet'),
    ...ethernet(),
    label('raw'),
    ...orNothing(raw),
  ];
}

/** A filter that asks for what only Ethernet has (`vlan`, `ether host`) is none for the other links. */
function orNothing(lines: () => Line[]): Line[] {
  try {
    return lines();
  } catch (error) {
    if (error instanceof CaptureError && error.code === 'ERR_BAD_FILTER') return [op(RET_K, 0)];
    throw error;
  }
}
