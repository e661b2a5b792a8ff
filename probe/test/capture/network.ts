/** Real traffic on this machine's loopback, and what a source makes of it. Capturing needs root: said once, clearly. */
import { createSocket } from 'node:dgram';
import type { PacketSource } from '../../src/capture/source.ts';
import { collector, type Frame } from './frames.ts';

if (process.getuid?.() !== 0) throw new Error('the capture tests need root: run the tests with sudo');

/** Sends the payloads as UDP datagrams to a loopback port where somebody listens, so that no ICMP answers. */
export async function sendOnLoopback(port: number, payloads: readonly (string | Buffer)[]): Promise<void> {
  const receiver = createSocket('udp4');
  const sender = createSocket('udp4');
  await new Promise<void>(resolve => receiver.bind(port, '127.0.0.1', resolve));
  for (const payload of payloads)
    await new Promise<void>((resolve, reject) =>
      sender.send(payload, port, '127.0.0.1', error => (error ? reject(error) : resolve())),
    );
  sender.close();
  receiver.close();
}

/** Sends a datagram to a loopback port where nobody listens: an ICMP message answers and quotes it. */
export async function sendToNobody(port: number, payload: Buffer): Promise<void> {
  const sender = createSocket('udp4');
  await new Promise(resolve => sender.send(payload, port, '127.0.0.1', resolve));
  sender.close();
}

/** @returns every frame until `wanted` have come and then nothing more for a while, or until nothing comes any more */
export async function collect(source: PacketSource, wanted: number): Promise<Frame[]> {
  const frames: Frame[] = [];
  const onFrame = collector(frames);
  let quiet = 0;
  while (quiet < (frames.length < wanted ? 40 : 2)) {
    if (source.drain(onFrame) > 0) quiet = 0;
    else {
      await source.wait(100);
      quiet++;
    }
  }
  return frames;
}

/** Payload of an Ethernet, IPv4, UDP frame. */
export const udpPayload = (frame: Frame): string => frame.bytes.subarray(42).toString();
