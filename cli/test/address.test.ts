import { expect, test } from '@jest/globals';
import { formatAddress, parseAddress } from '../src/address.ts';

const rules = { schemes: ['udp', 'tcp', 'tls'] };

test.each([
  ['10.0.0.5:12201', { scheme: 'udp', host: '10.0.0.5', port: 12201 }],
  ['tcp://relay.example.org:1', { scheme: 'tcp', host: 'relay.example.org', port: 1 }],
  ['TLS://log_1:65535', { scheme: 'tls', host: 'log_1', port: 65535 }],
  ['udp://[2001:db8::1]:12201', { scheme: 'udp', host: '2001:db8::1', port: 12201 }],
])('%s is read', (text, address) => {
  expect(parseAddress(text, rules)).toEqual(address);
});

test('what is formatted is read back the same', () => {
  const address = { scheme: 'udp', host: '::1', port: 9 };
  expect(parseAddress(formatAddress(address), rules)).toEqual(address);
});

test.each([
  ['10.0.0.5', 'the port is missing'],
  ['host:0', '"0" is not a port (1-65535)'],
  ['host:65536', '"65536" is not a port (1-65535)'],
  ['host:12x', '"12x" is not a port (1-65535)'],
  ['http://host:1', '"http://" is not known here'],
  ['::1', 'needs brackets, [::1]:PORT'],
  ['[nonsense]:1', '"nonsense" is not a host'],
  [':12201', '"" is not a host'],
  ['a b:1', '"a b" is not a host'],
  ['', '"" is not a host'],
])('"%s" is refused with its reason and what is allowed', (text, reason) => {
  expect(() => parseAddress(text, rules)).toThrow(reason);
  expect(() => parseAddress(text, rules)).toThrow('expected HOST:PORT or udp://HOST:PORT');
});

test('a default port makes the port optional', () => {
  expect(parseAddress('relay', { schemes: ['udp'], defaultPort: 12201 }).port).toBe(12201);
});
