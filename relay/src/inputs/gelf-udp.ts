// warm. A port of its own for GELF in clear: the encrypted port takes none.
import type { RemoteInfo } from 'node:dgram';
import type { Address, Log } from '@nanogelf/cli';
import { ChunkStore, isChunk } from '@nanogelf/codec';
import { type Counters, chunkCounters } from '../counters.ts';
import type { Output } from '../outputs/output.ts';
import { deliver } from '../pipeline.ts';
import type { Input } from './input.ts';
import { bindUdp, readKernelDrops } from './udp-socket.ts';

/** @throws OperationalError when the address cannot be had */
export async function openGelfUdp(
  address: Address,
  outputs: readonly Output[],
  counters: Counters,
  log: Log,
): Promise<Input> {
  const chunks = new ChunkStore();
  const take = (datagram: Uint8Array, { address: ip, port }: RemoteInfo): void => {
    counters.add('gelf_udp.datagrams');
    const source = `${ip} ${port}`; // of two senders that choose the same message id, neither completes the other's
    const message = isChunk(datagram) ? chunks.add(datagram, performance.now(), source) : datagram;
    if (message === undefined) return;
    counters.add('gelf_udp.messages');
    deliver(outputs, { kind: 'datagram', datagram: message, origin: undefined });
  };
  const socket = await bindUdp(address, log, take);
  const { port } = address;
  let kernelDropped = 0;
  return {
    reload: () => {},
    counters: () => {
      kernelDropped = Math.max(kernelDropped, readKernelDrops(port));
      return { 'gelf_udp.kernel_dropped': kernelDropped, ...chunkCounters('gelf_udp', chunks) };
    },
    close: async () => {
      socket.close();
    },
  };
}
