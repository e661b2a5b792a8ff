// cold. Who we are to a TLS peer, and whom we believe.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { explainSystemError, OperationalError, readSecretFile } from '@nanogelf/cli';

/** PEM files. */
export interface TlsFiles {
  readonly cert?: string;
  readonly key?: string;
  /** Authorities whose certificates are believed; without it those of the system. */
  readonly ca?: string;
}

/** @returns what Node's TLS is made with
 *  @throws OperationalError naming the option and the file that cannot be used */
export function loadIdentity({ cert, key, ca }: TlsFiles): SecureContextOptions {
  const identity: SecureContextOptions = {
    minVersion: 'TLSv1.2',
    ...(cert === undefined ? {} : { cert: readCertificates('--tls-cert', cert) }),
    ...(key === undefined ? {} : { key: readSecretFile(key) }),
    ...(ca === undefined ? {} : { ca: readCertificates('--tls-ca', ca) }),
  };
  try {
    createSecureContext(identity);
  } catch (error) {
    // OpenSSL's text names the fault, never the key.
    throw new OperationalError('ERR_TLS', `--tls-cert ${cert} with --tls-key ${key}: ${(error as Error).message}`);
  }
  return identity;
}

function readCertificates(option: string, path: string): string {
  try {
    const pem = readFileSync(path, 'utf8');
    new X509Certificate(pem); // the first of them; the others are looked at when they are used
    return pem;
  } catch (error) {
    throw new OperationalError(
      'ERR_TLS',
      `${option} ${path}: expected certificates in PEM: ${explainSystemError(error)}`,
    );
  }
}
