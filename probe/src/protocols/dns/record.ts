// cold. What a query's record says.
import type { RecordOf } from '@nanogelf/codec/fields';
import type { dnsFields } from './fields.ts';
import type { Message } from './message.ts';

export type DnsFields = typeof dnsFields;
export type Fields = { -readonly [K in keyof RecordOf<DnsFields>]: RecordOf<DnsFields>[K] };

export function questionFields({ id, opcode, question }: Message): Fields {
  return {
    ID: id,
    ...(opcode !== 'QUERY' && { OPCODE: opcode }),
    ...(question !== undefined && { DOMAIN: question.name, QTYPE: question.type }),
  };
}

export function answerFields(asked: Message, answer: Message): Fields {
  const fields = questionFields(asked);
  const [first] = answer.answers;
  if (asked.question === undefined && first !== undefined) {
    fields.DOMAIN = first.name;
    fields.QTYPE = first.type;
  }
  fields.RESP = 1;
  fields.RCODE = answer.rcode;
  fields.FLAGS = answer.flags;
  if (first !== undefined) fields.ANSWERS = answer.answers;
  const addresses = answer.answers.filter(({ type }) => type === 'A' || type === 'AAAA').map(({ data }) => data);
  if (addresses.length > 0) fields.RESULT_IP = addresses;
  return fields;
}
