/** warm, once a conversation. Which process has the local end: found out when the conversation begins, read when a record
 *  is made. See docs/decisions/process-names.md. */
import type { FlowTable } from '../flow/table.ts';
import { Allowance } from './allowance.ts';
import { ListeningPorts } from './listening-ports.ts';
import { LocalAddresses } from './local-addresses.ts';
import { type Process, SocketOwners } from './socket-owners.ts';
import { type SocketEnd, SocketPair, type SocketTable } from './socket-pair.ts';

export class Processes {
  readonly #flows: FlowTable;
  readonly #sockets: SocketTable;
  readonly #owners: SocketOwners;
  readonly #addresses = new LocalAddresses();
  readonly #ports = new ListeningPorts();
  readonly #allowance = new Allowance();
  /** By slot: inode of the local end's socket, 0 where none is known. */
  readonly #inodes: Uint32Array;
  readonly #pair = new SocketPair();
  readonly #counts = { local: 0, remembered: 0, asked: 0, noSocket: 0, putOff: 0 };
  #nowMs = 0;

  constructor(flows: FlowTable, sockets: SocketTable) {
    this.#flows = flows;
    this.#sockets = sockets;
    this.#inodes = new Uint32Array(flows.capacity);
    this.#owners = new SocketOwners(flows.capacity);
    this.turn();
  }

  /** A conversation took this slot. */
  begin(slot: number): void {
    this.#inodes[slot] = 0;
    if (!this.#pair.read(this.#flows.store, slot)) return;
    const srcSide = this.#flows.srcSideOf(slot);
    const src = this.#pair.ends[srcSide as 0 | 1];
    const dst = this.#pair.ends[(1 - srcSide) as 0 | 1];
    const isDstLocal = this.#addresses.has(dst.address, this.#pair.isIpv6);
    const isSrcLocal = this.#addresses.has(src.address, this.#pair.isIpv6);
    if (!isDstLocal && !isSrcLocal) return;
    this.#counts.local++;
    const server = isDstLocal ? this.#server(dst, src) : 0;
    const inode = server === 0 && isSrcLocal ? this.#client(src, dst) : server;
    if (inode === 0) this.#counts.noSocket++;
    else this.#assign(slot, inode);
  }

  /** Called between two batches of packets: goes on with what is left to find. */
  turn(): void {
    this.#nowMs = performance.now();
    this.#allowance.beginTurn(this.#nowMs);
    this.#addresses.refresh(this.#nowMs);
    if (this.#owners.isBusy) this.#owners.work(this.#allowance);
  }

  /** @returns the process of the conversation's local end; undefined when it is not known, or not yet */
  of(slot: number): Process | undefined {
    const inode = this.#inodes[slot]!;
    return inode === 0 ? undefined : this.#owners.get(inode);
  }

  stats(): { readonly [name: string]: number } {
    return { ...this.#counts, ...this.#owners.stats(), spentMs: Math.round(this.#allowance.totalMs) };
  }

  close(): void {
    this.#owners.close();
    this.#sockets.close();
  }

  #assign(slot: number, inode: number): void {
    this.#inodes[slot] = inode;
    this.#owners.ask(inode);
    if (this.#owners.isBusy) this.#owners.work(this.#allowance);
  }

  /** Whoever listens there; where nobody does, whoever has this one connection: some close the door behind the first. */
  #server(local: SocketEnd, remote: SocketEnd): number {
    const key = `${this.#pair.protocol} ${local.address.join()} ${local.port}`;
    const known = this.#ports.get(key);
    if (known !== undefined && this.#nowMs < known.untilMs) {
      this.#counts.remembered++;
      return known.inode;
    }
    // An old answer is better than none.
    if (!this.#mayAsk()) return known?.inode ?? 0;
    const sinceMs = performance.now();
    const inode = this.#sockets.findListening(this.#pair, local);
    this.#ports.set(key, inode, this.#nowMs);
    if (inode !== 0) this.#owners.recheck(inode);
    this.#allowance.spend(sinceMs);
    return inode === 0 ? this.#client(local, remote) : inode;
  }

  #client(local: SocketEnd, remote: SocketEnd): number {
    if (!this.#mayAsk()) return 0;
    const sinceMs = performance.now();
    const inode = this.#sockets.find(this.#pair, local, remote);
    this.#allowance.spend(sinceMs);
    return inode;
  }

  #mayAsk(): boolean {
    const may = this.#allowance.leftMs > 0;
    this.#counts[may ? 'asked' : 'putOff']++;
    return may;
  }
}
