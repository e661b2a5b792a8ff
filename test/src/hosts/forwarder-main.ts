// cold. The forwarder as a process of its own, for a host:
//   node forwarder-main.js LISTEN_ADDRESS:PORT TARGET_ADDRESS:PORT OPTIONS_JSON
// It says `ready`, then answers each command line on its standard input with one line of JSON.
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';
import { Forwarder } from './forwarder.ts';

const RECEIVE_BUFFER_BYTES = 8 << 20;

const [listen = '', target = '', options = '{}'] = process.argv.slice(2);
const [listenAddress, listenPort] = listen.split(':');
const [targetAddress, targetPort] = target.split(':');
const inward = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
const outward = createSocket('udp4');
const forwarder = new Forwarder(JSON.parse(options), datagram =>
  outward.send(datagram, Number(targetPort), targetAddress),
);
inward.on('message', datagram => forwarder.accept(datagram));

const commands: Record<string, () => unknown> = {
  rage: () => forwarder.rage(),
  calm: () => forwarder.calm(),
  replay: () => forwarder.replay(),
  log: () => forwarder.log.map(({ datagram, fate }) => [Buffer.from(datagram).toString('base64'), fate]),
};

createInterface({ input: process.stdin })
  .on('line', line => console.log(JSON.stringify(commands[line]?.() ?? null)))
  .on('close', () => process.exit());

inward.bind(Number(listenPort), listenAddress, () => console.log('ready'));
