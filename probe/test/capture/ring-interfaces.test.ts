import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Namespace } from './namespace.ts';
import { udpFrame } from './pcap-builder.ts';

let namespace: Namespace;
beforeEach(() => {
  namespace = new Namespace();
});
afterEach(() => namespace.close());

const FRAME = udpFrame(1000, 2000, 'hello');
const brief = () => namespace.frames.map(({ name, linkType, hex, vlanTci }) => [name, linkType, hex, vlanTci]);

/** The frame with an 802.1Q tag behind its addresses. */
const tagged = (frame: Buffer, tci: number): Buffer =>
  Buffer.concat([frame.subarray(0, 12), Buffer.from([0x81, 0, tci >> 8, tci & 255]), frame.subarray(12)]);

describe('a VLAN tag that the kernel took off the frame', () => {
  const PRIORITY_3_VLAN_5 = 0x6005;
  beforeEach(() => namespace.addVeth('left', 'right'));

  test('comes beside the frame, which a plain filter matches', async () => {
    await namespace.open({ devices: ['right'], filter: 'udp port 2000' });
    await namespace.send('left', tagged(FRAME, PRIORITY_3_VLAN_5));
    await namespace.until(() => namespace.frames.length === 1);
    expect(brief()).toEqual([['right', 1, FRAME.toString('hex'), PRIORITY_3_VLAN_5]]);
  });

  test('can be filtered for', async () => {
    await namespace.open({ devices: ['right'], filter: 'vlan 5 and udp' });
    await namespace.send('left', tagged(FRAME, 6));
    await namespace.send('left', FRAME);
    await namespace.send('left', tagged(FRAME, PRIORITY_3_VLAN_5));
    await namespace.until(() => namespace.frames.length > 0);
    expect(namespace.frames.map(({ vlanTci }) => vlanTci)).toEqual([PRIORITY_3_VLAN_5]);
  });
});

describe('any', () => {
  test('tells both ends of a veth apart, each by its name', async () => {
    await namespace.open({ devices: ['any'], filter: 'udp' });
    namespace.addVeth('left', 'right');
    await namespace.send('left', FRAME);
    await namespace.until(() => namespace.frames.length === 2);
    expect(brief().sort()).toEqual([
      ['left', 1, FRAME.toString('hex'), -1],
      ['right', 1, FRAME.toString('hex'), -1],
    ]);
  });

  test('gives the packets of a link without Ethernet as raw IP, filtered and cut like the others', async () => {
    const packet = FRAME.subarray(14);
    await namespace.open({
      devices: ['any'],
      filter: 'udp dst port 2000',
      snapPolicy: { snapBytes: 20, detectBytes: 2, fullPorts: [] },
    });
    await namespace.tun('tunnel');
    namespace.addVeth('left', 'right');
    await namespace.inject(udpFrame(1000, 2001, 'other').subarray(14));
    await namespace.inject(packet);
    await namespace.send('left', FRAME);
    await namespace.until(() => namespace.frames.length === 3);
    const cut = FRAME.subarray(0, 14 + 20 + 8 + 2).toString('hex');
    expect(brief().sort()).toEqual([
      ['left', 1, cut, -1],
      ['right', 1, cut, -1],
      ['tunnel', 101, packet.toString('hex'), -1],
    ]);
  });
});

test('a tunnel by its name gives raw IP', async () => {
  await namespace.tun('tunnel');
  await namespace.open({ devices: ['tunnel'], filter: 'src host 10.0.0.1' });
  await namespace.inject(FRAME.subarray(14));
  await namespace.until(() => namespace.frames.length === 1);
  expect(brief()).toEqual([['tunnel', 101, FRAME.subarray(14).toString('hex'), -1]]);
});

describe('an interface that changes', () => {
  test('is captured again when it comes up', async () => {
    namespace.addVeth('left', 'right');
    await namespace.open({ devices: ['right'], filter: 'udp' });
    namespace.ip('link', 'set', 'right', 'down');
    await namespace.until(() => namespace.logs.length === 1);
    namespace.ip('link', 'set', 'right', 'up');
    await namespace.until(() => namespace.logs.length === 2);
    await namespace.send('left', FRAME);
    await namespace.until(() => namespace.frames.length === 1);
    expect(namespace.logs).toEqual(['right is down or gone (ENETDOWN): trying again every second', 'right is back']);
  });

  test('is captured again when it was removed and made anew, beside another that stays', async () => {
    namespace.addVeth('left', 'right');
    namespace.addVeth('here', 'there');
    await namespace.open({ devices: ['there', 'right'], filter: 'udp' });
    namespace.ip('link', 'del', 'right');
    await namespace.until(() => namespace.logs.length === 1);
    await namespace.send('here', FRAME);
    namespace.addVeth('left', 'right');
    await namespace.until(() => namespace.logs.length === 2);
    await namespace.send('left', FRAME);
    await namespace.until(() => namespace.frames.length === 2);
    expect(namespace.frames.map(({ name }) => name)).toEqual(['there', 'right']);
  });

  test('may be down when the capture starts', async () => {
    namespace.addVeth('left', 'right');
    namespace.ip('link', 'set', 'right', 'down');
    await namespace.open({ devices: ['right'] });
    await namespace.until(() => namespace.logs.length === 1);
    expect(namespace.logs[0]).toContain('right is down or gone');
  });
});
