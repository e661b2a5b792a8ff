import { defineFields } from '@nanogelf/codec/fields';
import { sqlFields } from '../kit/sql-fields.ts';

export const tnsFields = defineFields({
  ...sqlFields,
  REDIRECT: { type: 'keyword', doc: 'Where the listener sent the client: `host:port`.' },
});
