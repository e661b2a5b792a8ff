import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Namespace } from './namespace.ts';
import { tagged, udpFrame } from './pcap-builder.ts';

let namespace: Namespace;
beforeEach(() => {
  namespace = new Namespace();
});
afterEach(() => namespace.close());

const FRAME = udpFrame(1000, 2000, 'hello');
const brief = () => namespace.frames.map(({ name, linkType, hex, vlanTci }) => [name, linkType, hex, vlanTci]);

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

describe('frames with tags in them', () => {
  const TAGGED = [FRAME, tagged(FRAME, 5), tagged(FRAME, 5, 0x88a8, 0x8100), tagged(FRAME, 5, 0x8100, 0x8100)];
  const OTHER = TAGGED.map((_, n) => tagged(udpFrame(1000, 2001, 'other'), 5, ...[0x88a8, 0x8100].slice(0, n)));
  beforeEach(() => namespace.addVeth('left', 'right'));

  const sendAll = async () => {
    for (const frame of [...OTHER, ...TAGGED]) await namespace.send('left', frame);
  };

  /** `left` sends them, with all tags in them; `right` receives them, without the outermost tag. */
  test.each([
    ['left', 'udp port 2000', TAGGED.map(frame => [frame.toString('hex'), -1])],
    [
      'right',
      'not port 2001',
      [
        [FRAME.toString('hex'), -1],
        [FRAME.toString('hex'), 5],
        [tagged(FRAME, 5).toString('hex'), 5],
        [tagged(FRAME, 5).toString('hex'), 5],
      ],
    ],
  ])('are matched on %s by %s, with one tag and with two', async (device, filter, expected) => {
    await namespace.open({ devices: [device], filter });
    await sendAll();
    await namespace.until(() => namespace.frames.length >= expected.length);
    expect(namespace.frames.map(({ hex, vlanTci }) => [hex, vlanTci])).toEqual(expected);
  });

  test('are matched by cap, which puts the tag back into what it received', async () => {
    await namespace.open({ engine: 'cap', devices: ['right'], filter: 'udp port 2000' });
    await sendAll();
    await namespace.until(() => namespace.frames.length >= TAGGED.length);
    expect(namespace.frames.map(({ hex }) => hex)).toEqual(TAGGED.map(frame => frame.toString('hex')));
  });

  test('are matched on any', async () => {
    await namespace.open({ devices: ['any'], filter: 'udp port 2000' });
    await sendAll();
    await namespace.until(() => namespace.frames.length >= 2 * TAGGED.length);
    expect(namespace.frames.length).toBe(2 * TAGGED.length);
    expect(namespace.frames.every(({ hex }) => hex.includes(FRAME.subarray(14).toString('hex')))).toBe(true);
  });

  test('are matched by who asks for their VLAN on any, where other links have none', async () => {
    await namespace.open({ devices: ['any'], filter: 'vlan 5 and port 2000' });
    await sendAll();
    await namespace.until(() => namespace.frames.filter(({ name }) => name === 'right').length >= 1);
    expect(namespace.frames.filter(({ name }) => name === 'right').map(({ vlanTci }) => vlanTci)).toEqual([5]);
  });

  test('are taken whole where headers are enough: a priority is not mistaken for a version of IP', async () => {
    const [long, priority2] = [udpFrame(1000, 2000, 'x'.repeat(300)), 0x4005];
    const snapPolicy = { snapBytes: 64, detectBytes: 0 };
    await namespace.open({ devices: ['right'], filter: 'udp', snapPolicy });
    await namespace.send('left', tagged(long, priority2, 0x88a8, 0x8100));
    await namespace.send('left', tagged(long, priority2));
    await namespace.until(() => namespace.frames.length === 2);
    expect(namespace.frames.map(({ hex }) => hex.length / 2)).toEqual([long.length + 4, 64]);
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
  const isTold = (line: string) => () => namespace.logs.some(log => log.includes(line));
  const names = () => namespace.frames.map(({ name }) => name);
  beforeEach(() => namespace.addVeth('left', 'right'));

  test('is captured as soon as it is up again', async () => {
    await namespace.open({ devices: ['right'], filter: 'udp' });
    namespace.ip('link', 'set', 'right', 'down');
    await namespace.until(isTold('right is down'));
    namespace.ip('link', 'set', 'right', 'up');
    await namespace.send('left', FRAME);
    await namespace.until(() => namespace.frames.length === 1);
    await namespace.until(isTold('right is up'));
    expect(await namespace.stats()).toMatchObject({ received: 1, interfaces_changed: 2 });
  });

  test('is captured again when it was removed and made anew, beside another that stays', async () => {
    namespace.addVeth('here', 'there');
    await namespace.open({ devices: ['there', 'right'], filter: 'udp' });
    namespace.ip('link', 'del', 'right');
    await namespace.until(isTold('right is gone'));
    await namespace.send('here', FRAME);
    namespace.addVeth('left', 'right');
    await namespace.until(isTold('right is captured now'));
    await namespace.send('left', FRAME);
    await namespace.until(() => namespace.frames.length === 2);
    expect(names()).toEqual(['there', 'right']);
    expect(await namespace.stats()).toMatchObject({ received: 2, interfaces_came: 1, interfaces_gone: 1 });
  });

  test('may be down when the capture starts', async () => {
    namespace.ip('link', 'set', 'right', 'down');
    await namespace.open({ devices: ['right'] });
    expect(namespace.logs).toEqual(['right is down']);
    namespace.ip('link', 'set', 'right', 'up');
    await namespace.until(isTold('right is up'));
    await namespace.send('left', FRAME);
    await namespace.until(() => namespace.frames.length === 1);
  });

  test('is captured on under its new name, until another takes the old one', async () => {
    await namespace.open({ devices: ['right'], filter: 'udp' });
    namespace.ip('link', 'set', 'right', 'down');
    namespace.ip('link', 'set', 'right', 'name', 'starboard', 'up');
    await namespace.until(isTold('right is called starboard now'));
    await namespace.send('left', FRAME);
    await namespace.until(() => namespace.frames.length === 1);
    namespace.addVeth('other', 'right');
    await namespace.until(isTold('right is captured now'));
    await namespace.send('left', FRAME);
    await namespace.send('other', FRAME);
    await namespace.until(() => namespace.frames.length === 2);
    expect(names()).toEqual(['starboard', 'right']);
  });

  test.each(['right', 'any'])('on %s has its new address from then on', async device => {
    namespace.ip('address', 'add', '10.0.0.2/24', 'dev', 'right');
    await namespace.open({ devices: [device], filter: 'udp port 2000' });
    await namespace.send('left', FRAME);
    await namespace.until(() => names().includes('right'));
    namespace.ip('address', 'del', '10.0.0.2/24', 'dev', 'right');
    namespace.ip('address', 'add', '10.0.0.3/24', 'dev', 'right');
    await namespace.until(isTold('right has the address 10.0.0.3'));
    await namespace.send('left', FRAME);
    const addresses = () => namespace.frames.filter(({ name }) => name === 'right').map(({ address }) => address);
    await namespace.until(() => addresses().length === 2);
    expect(addresses()).toEqual(['10.0.0.2', '10.0.0.3']);
  });

  test('on any is told when it comes, is renamed or goes', async () => {
    await namespace.open({ devices: ['any'], filter: 'udp port 2000' });
    namespace.addVeth('here', 'there');
    await namespace.until(isTold('there came'));
    namespace.ip('link', 'set', 'there', 'down');
    namespace.ip('link', 'set', 'there', 'name', 'yonder', 'up');
    await namespace.until(isTold('there is called yonder now'));
    await namespace.send('here', FRAME);
    await namespace.until(() => namespace.frames.length === 2);
    expect(names().sort()).toEqual(['here', 'yonder']);
    namespace.ip('link', 'del', 'here');
    await namespace.until(isTold('yonder is gone'));
    expect(await namespace.stats()).toMatchObject({ interfaces_came: 2, interfaces_gone: 2 });
  });

  test('in its largest packet is captured whole', async () => {
    await namespace.open({ devices: ['right'], filter: 'udp' });
    for (const end of ['left', 'right']) namespace.ip('link', 'set', end, 'mtu', '9000');
    const jumbo = udpFrame(1000, 2000, 'x'.repeat(8900));
    await namespace.send('left', jumbo);
    await namespace.until(() => namespace.frames.length === 1);
    expect(namespace.frames[0]?.hex).toBe(jumbo.toString('hex'));
  });
});
