import type { Protocol } from '../analyzer.ts';
import { TnsAnalyzer } from './analyzer.ts';
import { detect, resync } from './detect.ts';
import { tnsFields } from './fields.ts';

/** Oracle Database: TNS packets (Transparent Network Substrate) with TTC messages, as thin drivers speak them. */
export const tns: Protocol<typeof tnsFields> = {
  id: 'tns',
  title: 'ORACLE',
  spec: [
    'Oracle Net Services Reference (descriptors)',
    'node-oracledb and python-oracledb, thin mode (packets, messages)',
  ],
  transports: ['tcp'],
  ports: [1521],
  fields: tnsFields,
  detect,
  resync,
  open: context => new TnsAnalyzer(context),
};
