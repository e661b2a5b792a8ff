import { execFileSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { expect, test } from '@jest/globals';
import { devices } from '../../src/capture/index.ts';

interface IpLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags: readonly string[];
}

test('the interfaces are those that ip knows, with their numbers and state', () => {
  const links = JSON.parse(execFileSync('ip', ['-j', 'link'], { encoding: 'utf8' })) as IpLink[];
  const expected = links.map(({ ifindex, ifname, flags }) => [
    ifindex,
    ifname,
    flags.includes('UP'),
    flags.includes('LOOPBACK'),
  ]);
  expect(devices().map(({ index, name, up, loopback }) => [index, name, up, loopback])).toEqual(expected);
});

test('an interface has its addresses, its hardware address and the link type of its frames', () => {
  const lo = devices().find(device => device.name === 'lo');
  expect(lo).toEqual({
    name: 'lo',
    index: 1,
    linkType: 1,
    up: true,
    loopback: true,
    mac: '',
    addresses: networkInterfaces().lo?.map(({ address }) => address),
  });
});
