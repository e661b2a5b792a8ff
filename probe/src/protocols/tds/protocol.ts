import type { Protocol } from '../analyzer.ts';
import { TdsAnalyzer } from './analyzer.ts';
import { detect, resync } from './detect.ts';
import { tdsFields } from './fields.ts';

/** Microsoft SQL Server's Tabular Data Stream, versions 7.0 to 7.4; 8.0 begins with TLS and is seen as that. */
export const tds: Protocol<typeof tdsFields> = {
  id: 'tds',
  title: 'MSSQL',
  spec: ['MS-TDS', 'MC-SMP'],
  transports: ['tcp'],
  ports: [1433],
  fields: tdsFields,
  detect,
  resync,
  open: context => new TdsAnalyzer(context),
};
