import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, test } from '@jest/globals';
import { devices, openRing, openSource, type RingOptions } from '../../src/capture/index.ts';
import { CaptureError, type PacketSource } from '../../src/capture/source.ts';
import { collect, sendOnLoopback, sendToNobody, udpPayload } from './network.ts';

const open: PacketSource[] = [];
afterEach(() => {
  for (const source of open.splice(0)) source.close();
});

function ring(options: Partial<RingOptions> = {}): PacketSource {
  const source = openRing({ devices: ['lo'], snapBytes: 65535, timeoutMs: 10, blocks: 4, ...options });
  open.push(source);
  return source;
}

const PAYLOADS = Array.from({ length: 200 }, (_, n) => `datagram ${n}`);

describe('on loopback', () => {
  test.each(['lo', 'any'])('%s gives each datagram once, in order, as coming from lo', async device => {
    const source = ring({ devices: [device], filter: 'udp port 18901' });
    await sendOnLoopback(18901, PAYLOADS);
    const frames = await collect(source, PAYLOADS.length);
    expect(frames.map(udpPayload)).toEqual(PAYLOADS);
    expect(new Set(frames.map(frame => source.interfaces[frame.iface]?.name))).toEqual(new Set(['lo']));
    expect(source.stats()).toEqual({ received: PAYLOADS.length, dropped: 0 });
  });

  test('no unfiltered frame slips in while a ring opens under traffic', async () => {
    const sources = Array.from({ length: 8 }, () => ring({ filter: 'udp port 18902', blockBytes: 65536 }));
    const traffic = sendOnLoopback(18903, PAYLOADS);
    for (let n = 0; n < 8; n++) sources.push(ring({ filter: 'udp port 18902', blockBytes: 65536 }));
    await traffic;
    const frames = await Promise.all(sources.map(source => collect(source, 0)));
    expect(frames.flat()).toEqual([]);
  });

  test('stamps are whole microseconds of now', async () => {
    const source = ring({ filter: 'udp port 18904' });
    const beforeUs = Date.now() * 1000;
    await sendOnLoopback(18904, ['now']);
    const [frame] = await collect(source, 1);
    expect(frame?.tsUs).toBeGreaterThanOrEqual(beforeUs);
    expect(frame?.tsUs).toBeLessThanOrEqual((Date.now() + 1) * 1000);
    expect(Number.isInteger(frame?.tsUs)).toBe(true);
  });

  test('the snap length cuts what is captured and not what is told of the wire', async () => {
    const source = ring({ filter: 'udp port 18905', snapBytes: 60 });
    await sendOnLoopback(18905, ['x'.repeat(500), 'y']);
    const frames = await collect(source, 2);
    expect(frames.map(({ bytes, wireBytes }) => [bytes.length, wireBytes])).toEqual([
      [60, 542],
      [43, 43],
    ]);
  });

  test('what the ring has no room for is counted as dropped', async () => {
    const source = ring({ filter: 'udp port 18906', blockBytes: 65536, blocks: 2 });
    await sendOnLoopback(18906, Array(100).fill(Buffer.alloc(8000)));
    const frames = await collect(source, 100);
    const { received, dropped } = source.stats();
    expect(received).toBe(100);
    expect(dropped).toBeGreaterThan(0);
    expect(frames.length).toBe(received - dropped);
  });

  test('little traffic is held over a second in which nobody reads', async () => {
    const source = openRing({ devices: ['lo'], snapBytes: 65535, filter: 'udp port 18908' });
    open.push(source);
    let sent = 0;
    for (const endMs = performance.now() + 1000; performance.now() < endMs; sent++) {
      await sendOnLoopback(18908, [`datagram ${sent}`]);
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    expect(await collect(source, sent)).toHaveLength(sent);
    expect(source.stats().dropped).toBe(0);
  });

  test('several devices are one source', async () => {
    const [other] = devices().filter(device => device.up && !device.loopback);
    const names = ['lo', ...(other === undefined ? [] : [other.name])];
    const source = ring({ devices: names, filter: 'udp port 18907' });
    await sendOnLoopback(18907, PAYLOADS);
    expect((await collect(source, PAYLOADS.length)).map(udpPayload)).toEqual(PAYLOADS);
    expect(source.interfaces.map(({ name }) => name)).toEqual(names);
  });
});

describe('the snap policy, in the kernel', () => {
  const lengths = async (port: number, fullPorts: number[]) => {
    const snapPolicy = { fullPorts, snapBytes: 128, detectBytes: 100 };
    const source = ring({ filter: `udp port ${port}`, snapPolicy });
    await sendOnLoopback(port, ['x'.repeat(1000), 'y'.repeat(20)]);
    return (await collect(source, 2)).map(({ bytes }) => bytes.length);
  };

  test('a port of interest is taken whole', async () => {
    expect(await lengths(18910, [...Array.from({ length: 200 }, (_, n) => n), 18910])).toEqual([1042, 62]);
  });

  test('other ports give their headers and the bytes that detection needs', async () => {
    expect(await lengths(18911, [18910])).toEqual([142, 62]);
  });

  test('what is neither TCP nor UDP is taken whole', async () => {
    const source = ring({ filter: 'icmp', snapPolicy: { snapBytes: 64, detectBytes: 0 } });
    await sendToNobody(18912, Buffer.alloc(500));
    const frames = await collect(source, 1);
    expect(frames.map(({ bytes }) => bytes.length)).toEqual([14 + 20 + 8 + 20 + 8 + 500]);
  });

  test.each([
    ['fullPorts', { fullPorts: [70000], snapBytes: 128, detectBytes: 0 }],
    ['fullPorts', { fullPorts: Array(257).fill(1), snapBytes: 128, detectBytes: 0 }],
    ['snapBytes', { snapBytes: 0, detectBytes: 0 }],
    ['detectBytes', { snapBytes: 128, detectBytes: -1 }],
  ])('a bad %s is a mistake of the caller', (name, snapPolicy) => {
    expect(() => ring({ snapPolicy })).toThrow(name);
  });
});

describe('closing', () => {
  test('ends a wait that is under way, and nothing more is handed over', async () => {
    const source = ring({ filter: 'udp port 18920' });
    await sendOnLoopback(18920, PAYLOADS);
    const waiting = source.wait(60_000);
    source.close();
    await waiting;
    await source.wait(60_000);
    expect(source.drain(() => {})).toBe(0);
    expect(source.stats().received).toBe(PAYLOADS.length);
  });

  test('inside the callback ends the block, and the lent bytes can still be looked at', async () => {
    const source = ring({ filter: 'udp port 18921' });
    await sendOnLoopback(18921, PAYLOADS);
    let frames = 0;
    let lent = new Uint8Array(0);
    while (frames === 0) {
      const count = source.drain(bytes => {
        frames++;
        lent = bytes as Uint8Array<ArrayBuffer>;
        source.close();
      });
      if (count === 0) await source.wait(100);
    }
    expect(frames).toBe(1);
    expect(lent.reduce((sum, byte) => sum + byte, 0)).toBe(0);
  });

  test('a throwing callback leaves a ring that goes on with the next block', async () => {
    const source = ring({ filter: 'udp port 18922' });
    await sendOnLoopback(18922, ['first']);
    const failing = () => {
      throw new Error('bug');
    };
    const drained = async () => {
      while (source.drain(failing) === 0) await source.wait(100);
    };
    await expect(drained()).rejects.toThrow('bug');
    await sendOnLoopback(18922, ['second']);
    expect((await collect(source, 1)).map(udpPayload)).toEqual(['second']);
  });
});

describe('what cannot be opened is one clear line', () => {
  const failure = (options: Partial<RingOptions>): CaptureError => {
    try {
      ring(options);
    } catch (error) {
      if (error instanceof CaptureError) return error;
    }
    throw new Error('expected a CaptureError');
  };

  test('a device that does not exist, with those that do', () => {
    const { code, message } = failure({ devices: ['lo', 'eth99'] });
    expect(code).toBe('ERR_NO_DEVICE');
    expect(message).toMatch(/^no such device: eth99; there are: lo, .*any$/);
  });

  test('a bad filter, with the words of the compiler', () => {
    const { code, message } = failure({ filter: 'tcp prt 80' });
    expect(code).toBe('ERR_BAD_FILTER');
    expect(message).toMatch(/^filter-bpf "tcp prt 80": .*syntax error/);
  });

  test('no rights, with what to do', () => {
    const script = `import { openRing } from ${JSON.stringify(new URL('../../src/capture/index.js', import.meta.url).href)};
      try { openRing({ devices: ['lo'], snapBytes: 100 }); } catch (error) { console.log(error.code, error.message); }`;
    const args = [
      '--bounding-set=-net_raw',
      '--inh-caps=-net_raw',
      process.execPath,
      '--input-type=module',
      '-e',
      script,
    ];
    const output = execFileSync('setpriv', args, { encoding: 'utf8' });
    expect(output).toMatch(/^ERR_NO_RIGHTS capturing on lo needs the capability CAP_NET_RAW.*setcap cap_net_raw\+ep/);
  });

  test.each([
    ['blockBytes', { blockBytes: 1000 }],
    ['blocks', { blocks: 0 }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['snapBytes', { snapBytes: 0 }],
    ['devices', { devices: [] }],
  ])('%s out of range is a mistake of the caller', (name, options) => {
    expect(() => ring(options)).toThrow(name);
  });
});

test('only the ring can be shared by several workers', async () => {
  const crew = { number: 0, group: 1 };
  await expect(openSource({ engine: 'cap', devices: ['lo'], snapBytes: 65535, crew })).rejects.toThrow(/threads needs/);
});

test('openSource opens devices and files alike', async () => {
  const source = await openSource({ devices: ['lo'], snapBytes: 65535, filter: 'udp port 18930' });
  open.push(source);
  await sendOnLoopback(18930, ['one']);
  expect((await collect(source, 1)).map(udpPayload)).toEqual(['one']);
  await expect(openSource({ file: '/nothing' })).rejects.toThrow(CaptureError);
});
