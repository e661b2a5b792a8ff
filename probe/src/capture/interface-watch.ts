/** warm. Says when an interface or an address of this host came, went or changed. What exactly, the host is asked: so a
 *  lost or misread message costs nothing.
 *  Source: rtnetlink(7), netlink(7) */
import { errorName, libc } from './libc.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC_NONBLOCK = 0x80800;
const NETLINK_ROUTE = 0;
const SOCKADDR_NL_BYTES = 12;
/** RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR */
const GROUPS = 0x1 | 0x10 | 0x100;
const MESSAGE_BYTES = 8192;
/** Messages read in one go; the rest waits for the next. */
const MAX_MESSAGES = 256;

export class InterfaceWatch {
  /** To be polled; -1 where the kernel tells nothing. */
  readonly fd: number;
  readonly #message = Buffer.alloc(MESSAGE_BYTES);

  constructor() {
    const { socket, bind, close } = libc();
    const fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC_NONBLOCK, NETLINK_ROUTE);
    const address = Buffer.alloc(SOCKADDR_NL_BYTES);
    new Uint16Array(address.buffer, address.byteOffset, 1)[0] = AF_NETLINK;
    new Uint32Array(address.buffer, address.byteOffset, 3)[2] = GROUPS;
    const isBound = fd >= 0 && bind(fd, address, address.length) === 0;
    if (fd >= 0 && !isBound) close(fd);
    this.fd = isBound ? fd : -1;
  }

  /** @returns whether anything was told since the last call; always true where nothing can be told */
  take(): boolean {
    if (this.fd < 0) return true;
    let count = 0;
    while (count < MAX_MESSAGES && libc().recv(this.fd, this.#message, MESSAGE_BYTES, 0) > 0) count++;
    // More came than the socket holds.
    return count > 0 || errorName() === 'ENOBUFS';
  }

  close(): void {
    if (this.fd >= 0) libc().close(this.fd);
  }
}
