/** cold. What capture offers to others. */
export { BpfMachine } from './bpf-machine.ts';
export { type CapOptions, openCap } from './cap-source.ts';
export { type Device, devices } from './devices.ts';
export { openSource, type SourceOptions } from './open-source.ts';
export { openPcapFile, type PcapFileOptions } from './pcap-file.ts';
export { type CrewMember, openRing, type RingOptions } from './ring-source.ts';
export { MAX_FULL_PORTS, type SnapPolicy } from './snap.ts';
export { spreadProgram } from './spread.ts';
