export * from './armor.ts';
export { availableCiphers, type Cipher, selectCipher, testCipher, tweetnaclCipher } from './cipher.ts';
export type { ClockMode } from './leads.ts';
export * from './reasons.ts';
export * from './received.ts';
export * from './receiver.ts';
export * from './record-id.ts';
export { deriveProbeKey, type KeyPair, keyPairOf } from './schedule.ts';
export { createSender, maxBodyBytesFor, type Sender, type SenderOptions, type SenderStatus } from './sender.ts';
export type { Clock, Random } from './session.ts';
export {
  DEFAULT_MTU_BYTES,
  DEFLATED,
  MAGIC as ENVELOPE_MAGIC,
  MAX_KID,
  MAX_MESSAGE_BYTES,
  MIN_KID,
  MIN_MTU_BYTES,
  TYPE_BATCH,
  TYPE_GELF,
  TYPE_HEARTBEAT,
} from './wire.ts';
