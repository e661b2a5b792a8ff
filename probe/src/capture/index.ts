export { openPcapFile, type PcapFileOptions } from './pcap-file.ts';
