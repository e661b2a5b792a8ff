// cold. The server's own certificate out of a Certificate message of TLS 1.2 and before. Source: RFC 5246 section 7.4.2.
import { X509Certificate } from 'node:crypto';
import { ByteReader } from '../kit/byte-reader.ts';

export interface CertificateFields {
  readonly CERT_SUBJECT?: string;
  readonly CERT_ISSUER?: string;
  readonly CERT_NOT_AFTER?: string;
}

/** @param body of the message, lent: certificates, each behind its length, the server's own first
 *  @returns undefined when it holds none that can be read */
export function readCertificate(body: Uint8Array): CertificateFields | undefined {
  const reader = new ByteReader(body);
  const list = reader.block(reader.u24());
  const der = list.take(list.u24());
  if (list.failed || der.length === 0) return undefined;
  try {
    const { subject, issuer, validTo } = new X509Certificate(der);
    const notAfterMs = Date.parse(validTo);
    return {
      ...(subject ? { CERT_SUBJECT: oneLine(subject) } : {}),
      ...(issuer ? { CERT_ISSUER: oneLine(issuer) } : {}),
      ...(Number.isNaN(notAfterMs) ? {} : { CERT_NOT_AFTER: new Date(notAfterMs).toISOString().replace('Z', '000Z') }),
    };
  } catch {
    return undefined;
  }
}

/** OpenSSL writes one part a line, the most general first. */
const oneLine = (name: string): string => name.trimEnd().split('\n').join(', ');
