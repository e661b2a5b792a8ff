import { defineFields } from '@nanogelf/codec/fields';
import { sqlFields } from '../kit/sql-fields.ts';

export const postgresFields = defineFields({
  ...sqlFields,
  COMMAND: {
    type: 'keyword',
    doc: 'Message that the record is of where it is no statement: StartupMessage (a login that failed), FunctionCall and the function, Sync (a commit that failed), CancelRequest, NotificationResponse.',
  },
  BACKEND_PID: {
    type: 'long',
    doc: "The server's process for the session; of a CancelRequest the one to interrupt, of a notification the one that sent it.",
  },
  NOTICE: { type: 'keyword', many: true, doc: 'What the server remarked meanwhile, each with its severity.' },
  NOTIFY_CHANNEL: { type: 'keyword', doc: 'Channel of a notification.' },
  NOTIFY_PAYLOAD: { type: 'text', doc: 'Payload of a notification, cut at bodylen.' },
});
