// cold. What a statement's record says, whatever the database.
import { defineFields } from '@nanogelf/codec/fields';

/** Stands in ERR where an answer began and its end was not seen: the capture lost it, or the connection ended before. */
export const INCOMPLETE = 'incomplete';

export const sqlFields = defineFields({
  SQL_RESPONSE: { type: 'double', unit: 'ms', doc: 'Last byte of the statement to the first byte of the answer.' },
  SQL_LOAD: { type: 'double', unit: 'ms', doc: 'First to last byte of the answer.' },
  SQL: { type: 'text', doc: 'Statement, cut at bodylen; the prepared text when it ran through a prepared statement.' },
  RESP: { type: 'long', doc: '1 when an answer was seen, 0 when none came.' },
  RET_CODE: { type: 'long', doc: "0, or the server's error code; for PostgreSQL 1, with the code in SQLSTATE." },
  SQLSTATE: { type: 'keyword', doc: 'Five characters of ISO 9075, where the server sends them.' },
  ERR: { type: 'keyword', doc: "The server's error message; `incomplete` where the end of the answer was not seen." },
  USER: { type: 'keyword', doc: 'Name the session logged in with; left out when the login was not seen.' },
  DB: { type: 'keyword', doc: 'Database of the session, as far as it was seen.' },
  APP: { type: 'keyword', doc: 'Program name that the client gave.' },
  ROWS: { type: 'long', doc: 'Rows returned, or affected.' },
  PREPARED: { type: 'long', doc: '1 when it ran through a prepared statement.' },
  PARAMS: { type: 'keyword', many: true, doc: 'Parameter values in their order, as text, NULL for none.' },
  TRUNCATED: { type: 'long', doc: '1 when a text given here was cut.' },
  LOST_BYTES: {
    type: 'long',
    unit: 'B',
    doc: 'Bytes of the exchange that were not captured, or passed over behind such: what is told may be short.',
  },
});
