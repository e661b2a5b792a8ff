// cold. TLS handshakes as tshark sees them.
import type { Claim, Judge } from './claims.ts';
import { all, counted, type Field, type Layer, shown } from './pdml.ts';

const CLIENT_HELLO = 1;
const SERVER_HELLO = 2;
const CERTIFICATE = 11;

export const tlsJudge: Judge = {
  layers: ['tls'],
  claims: layers => (layers.length > 0 ? [claimOf(layers)] : []),
  nameOf: ({ L7_PROTOCOL }) => (L7_PROTOCOL === 'TLS' ? 'handshake' : undefined),
};

const VERSIONS: { readonly [version: string]: string } = {
  '0x0301': '1.0',
  '0x0302': '1.1',
  '0x0303': '1.2',
  '0x0304': '1.3',
};

const messages = (layers: readonly Layer[], fromClient: boolean, type: number): Field[] =>
  layers
    .filter(layer => layer.fromClient === fromClient)
    .flatMap(layer => all(layer, 'tls.handshake'))
    .filter(message => counted(message, 'tls.handshake.type') === type);

function claimOf(layers: readonly Layer[]): Claim {
  const client = messages(layers, true, CLIENT_HELLO)[0];
  const server = messages(layers, false, SERVER_HELLO).at(-1);
  const chosen =
    server && (shown(server, 'tls.handshake.extensions.supported_version') ?? shown(server, 'tls.handshake.version'));
  const alpn = (hello: Field | undefined): string[] =>
    hello ? all(hello, 'tls.handshake.extensions_alpn_str').map(({ show }) => show) : [];
  const protocols = alpn(server).length > 0 ? alpn(server) : alpn(client);
  const alerts = layers.flatMap(alertsOf);
  const certificate = messages(layers, false, CERTIFICATE).flatMap(message =>
    all(message, 'tls.handshake.certificate'),
  )[0];
  return {
    name: 'handshake',
    facts: {
      BEGIN_TIME: layers[0]?.begin,
      SNI: client && shown(client, 'tls.handshake.extensions_server_name'),
      JA3: client && shown(client, 'tls.handshake.ja3'),
      TLS_VERSION: VERSIONS[chosen ?? ''],
      CIPHER: server && /: (\w+)/.exec(all(server, 'tls.handshake.ciphersuite')[0]?.label ?? '')?.[1],
      ALPN: protocols.length > 0 ? protocols : undefined,
      CERT_SUBJECT: certificate && nameIn(certificate, 'x509af.subject'),
      CERT_NOT_AFTER: certificate && dateIn(certificate),
      ALERT: alerts.length > 0 ? alerts : undefined,
      CERT_ISSUER: certificate && nameIn(certificate, 'x509af.issuer'),
    },
  };
}

const SHORT: { readonly [name: string]: string } = {
  commonName: 'CN',
  organizationName: 'O',
  organizationalUnitName: 'OU',
  countryName: 'C',
  localityName: 'L',
  stateOrProvinceName: 'ST',
};
const shortName = (part = ''): string => part.replace(/^\w+/, name => SHORT[name] ?? name);

/** By the RFC's name for it, with who sent it. */
const alertsOf = (layer: Layer): string[] =>
  all(layer, 'tls.alert_message.desc').map(({ label }) => {
    const name = /: (.*) \(/.exec(label)?.[1]?.toLowerCase().replaceAll(' ', '_');
    return `${layer.fromClient ? 'SRC' : 'DST'} ${name}`;
  });

function dateIn(certificate: Field): string | undefined {
  const end = all(certificate, 'x509af.notAfter')[0];
  return (
    end &&
    (shown(end, 'x509af.utcTime') ?? shown(end, 'x509af.generalizedTime'))
      ?.replace(' (UTC)', '.000000Z')
      .replace(' ', 'T')
  );
}

function nameIn(certificate: Field, which: string): string | undefined {
  const name = all(certificate, which)[0];
  return (
    name &&
    all(name, 'x509if.RDNSequence_item')
      .map(({ label }) => /\(id-at-(.*)\)/.exec(label)?.[1])
      .map(shortName)
      .join(', ')
  );
}
