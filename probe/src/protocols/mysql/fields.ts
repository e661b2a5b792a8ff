import { defineFields } from '@nanogelf/codec/fields';
import { sqlFields } from '../kit/sql-fields.ts';

export const mysqlFields = defineFields({
  ...sqlFields,
  COMMAND: { type: 'keyword', doc: 'Command by its name in the protocol: COM_QUERY; COM_CONNECT for a login.' },
  RESULTS: { type: 'long', doc: 'Results of one statement or batch, when there were several; ROWS is their sum.' },
  ATTRIBUTES: { type: 'keyword', many: true, doc: 'Query attributes, as name=value.' },
  TRACE_ID: { type: 'keyword', doc: 'Trace id out of W3C traceparent.' },
  COMPRESSION: { type: 'keyword', doc: 'In the record of a login: zlib or zstd.' },
});
