// cold. The flow table alone, without records: node table-main.js FILE PASSES. Reads the file so many times, one pass
// after the other in time, through a table that holds all its conversations at once.
import { createFlowTable, DISSECTED, dissect, MAX_MAX_FLOWS, openPcapFile, Packet } from '@nanogelf/probe';

const [file = '', passes = '1'] = process.argv.slice(2);
const flows = createFlowTable({ maxFlows: MAX_MAX_FLOWS, intervalUs: Number.POSITIVE_INFINITY, onRecord: () => {} });
const packet = new Packet();
let firstUs = Number.NaN;
let lastUs = 0;
let shiftUs = 0;
for (let pass = 0; pass < Number(passes); pass++) {
  const source = openPcapFile({ file });
  while (!source.ended) {
    source.drain((bytes, at, captured, wire, tsUs, iface, vlanTci) => {
      if (Number.isNaN(firstUs)) firstUs = tsUs;
      lastUs = tsUs + shiftUs;
      const linkType = source.interfaces[iface]?.linkType ?? -1;
      if (dissect(packet, bytes, at, captured, wire, lastUs, iface, linkType, vlanTci) === DISSECTED)
        flows.packet(packet);
    });
  }
  source.close();
  shiftUs = lastUs - firstUs;
}
console.log(JSON.stringify(flows.stats()));
