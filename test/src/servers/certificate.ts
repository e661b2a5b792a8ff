// cold. A certificate that nobody signed, for servers of tests.
import { join } from 'node:path';
import { runProgram } from '../hosts/index.ts';

export interface CertificatePaths {
  readonly cert: string;
  readonly key: string;
}

/** @param name its subject's CN, and the one name it is for */
export async function makeCertificate(folder: string, name: string): Promise<CertificatePaths> {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', `/O=nanogelf/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  await runProgram('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30'],
    ...['-keyout', key, '-out', cert],
    ...subject,
  ]);
  return { cert, key };
}
