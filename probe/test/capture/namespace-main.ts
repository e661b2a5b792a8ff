/** Runs inside a network namespace: captures there, sends raw frames there, tells what it sees as JSON lines.
 *  Commands come as JSON arrays, a line each, on standard input: ["send", DEVICE, HEX]. */
import { execFileSync } from 'node:child_process';
import { openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import koffi from 'koffi';
import { openSource, type RingOptions } from '../../src/capture/index.ts';
import type { Interface, PacketSource } from '../../src/capture/source.ts';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const TUNSETIFF = 0x400454ca;
const IFF_TUN_NO_PI = 0x1001;

const library = koffi.load(null);
const socket = library.func('int socket(int, int, int)');
const sendto = library.func('long sendto(int, const void *, size_t, int, const void *, uint32_t)');
const nameToIndex = library.func('unsigned int if_nametoindex(const char *)');
const ioctl = library.func('int ioctl(int, unsigned long, void *)');

const tell = (line: object): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

let source: PacketSource | undefined;
let tunFd = -1;

const commands: Record<string, (...args: string[]) => void | Promise<void>> = {
  async open(options = '') {
    source = await openSource({ ...(JSON.parse(options) as RingOptions), onLog: log => tell({ log }) });
    void pump(source);
  },
  send(device, hex = '') {
    const address = Buffer.alloc(20);
    address.writeUInt16LE(AF_PACKET, 0);
    address.writeInt32LE(nameToIndex(device), 4);
    const frame = Buffer.from(hex, 'hex');
    if (sendto(socket(AF_PACKET, SOCK_RAW, 0), frame, frame.length, 0, address, 20) < 0)
      throw new Error('sendto failed');
  },
  stats() {
    tell({ stats: source?.stats() });
  },
  tun(name = '') {
    tunFd = openSync('/dev/net/tun', 'r+');
    const request = Buffer.alloc(40);
    request.write(name);
    request.writeUInt16LE(IFF_TUN_NO_PI, 16);
    if (ioctl(tunFd, TUNSETIFF, request) < 0) throw new Error('TUNSETIFF failed');
    execFileSync('ip', ['link', 'set', name, 'up']);
  },
  inject(hex = '') {
    writeSync(tunFd, Buffer.from(hex, 'hex'));
  },
};

async function pump(from: PacketSource): Promise<void> {
  while (source === from) {
    const count = from.drain((bytes, at, captured, wireBytes, _tsUs, iface, vlanTci) => {
      const { name, linkType, addresses } = from.interfaces[iface] as Interface;
      const hex = Buffer.from(bytes.subarray(at, at + captured)).toString('hex');
      tell({ frame: { name, linkType, address: addresses[0], hex, wireBytes, vlanTci } });
    });
    if (count === 0) await from.wait(100);
  }
}

createInterface({ input: process.stdin })
  .on('line', async line => {
    const [command, ...args] = JSON.parse(line) as [string, ...string[]];
    await commands[command]?.(...args);
    tell({ done: command });
  })
  .on('close', () => {
    source?.close();
    source = undefined;
  });
