import { defineFields } from '@nanogelf/codec/fields';
import { sqlFields } from '../kit/sql-fields.ts';

export const tdsFields = defineFields({
  ...sqlFields,
  ENCRYPTED: {
    type: 'keyword',
    doc: 'What TLS hides: `login` (the login alone) or `session` (everything after it began).',
  },
});
