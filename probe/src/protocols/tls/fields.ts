import { defineFields } from '@nanogelf/codec/fields';

export const tlsFields = defineFields({
  SNI: { type: 'keyword', doc: 'Server name that the client asked for.' },
  TLS_VERSION: { type: 'keyword', doc: 'Version agreed on: 1.3, 1.2, 1.1, 1.0, SSL 3.0.' },
  CIPHER: { type: 'keyword', doc: "Cipher suite agreed on, by IANA's name." },
  ALPN: {
    type: 'keyword',
    many: true,
    doc: 'Application protocol agreed on; what the client offered where the answer is encrypted (TLS 1.3).',
  },
  JA3: { type: 'keyword', doc: "JA3 fingerprint of the client's hello." },
  JA4: { type: 'keyword', doc: "JA4 fingerprint of the client's hello." },
  CERT_SUBJECT: {
    type: 'keyword',
    doc: "Subject of the server's certificate, where it is not encrypted (up to TLS 1.2).",
  },
  CERT_ISSUER: { type: 'keyword', doc: "Issuer of the server's certificate." },
  CERT_NOT_AFTER: { type: 'date', doc: 'When that certificate ends.' },
  RESUMED: { type: 'long', doc: '1 when an earlier session was taken up again, 0 when not.' },
  ALERT: {
    type: 'keyword',
    many: true,
    doc: 'Alerts during the handshake, as the RFC names them, with who sent them: DST unknown_ca.',
  },
  HAND_DELAY: { type: 'double', unit: 'ms', doc: "Client's hello to the moment when both sides encrypt." },
  STARTTLS: {
    type: 'keyword',
    doc: 'Protocol that began in clear: SMTP, IMAP, POP3, FTP, or the L7_PROTOCOL that asked for TLS.',
  },
  RESP: { type: 'long', doc: '1 when the server answered with its hello, 0 when not.' },
});
