import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { commonFields, networkFields, type PlainRecord, receiverFields, trafficFields } from '@nanogelf/codec';
import { generatedFiles } from '@nanogelf/logstash-plugin';
import { PROTOCOLS } from '@nanogelf/probe';
import { everyField } from '../src/gen/every-field.ts';
import { runProgram } from '../src/hosts/index.ts';
import { writeCases } from '../src/jruby/cases.ts';
import { handMade } from '../src/jruby/hand-made.ts';
import { jrubies, PLUGIN_FOLDER, runSpec, startSpec } from '../src/jruby/jruby.ts';
import { played } from '../src/jruby/played.ts';
import { writeTraffic } from '../src/jruby/traffic.ts';
import { Site } from '../src/relay/relay-process.ts';
import { root } from '../src/root.ts';

const SPEC_MS = 180_000; // a JVM starts, compiles and shares two cores
const NANO_PLUGIN = `${root}logstash-plugin/dist/src/main.js`;
const GEM = 'logstash-filter-nano_decrypt-0.1.0.gem';

/** Fields that no record of a fixture has: they reach the plugin only in the one record of every field. Add traffic that
 *  has them, or name them here. */
const UNPLAYED = [
  ...['full_message', 'level', 'version'], // not the probe's
  ...['NIC', 'CARD', 'CARD_IP', 'PROC_NAME', 'PROC_PID', 'POD', 'NAMESPACE', 'CONTAINER_ID'], // of a live capture
  ...['SAMPLE_RATE', 'VLAN', 'TUNNEL', 'TLS', 'ENCRYPTED', 'STARTTLS'],
  ...['SRC_RETRANS_DELAY', 'SRC_RETRANS_DELAY_MAX', 'RETRIES'],
  ...['REQ_TRAILER', 'PUSHED', 'ATTRIBUTES'],
];

const site = new Site();
const playedSite = new Site();
const traffic = new Site();
let playedRecords: PlainRecord[];
beforeAll(async () => {
  await writeCases(site, handMade(site, everyField()));
  playedRecords = await writeCases(playedSite, played(playedSite));
  writeTraffic(traffic, 500, 200_000);
}, SPEC_MS);
afterAll(() => {
  for (const each of [site, playedSite, traffic]) each.remove();
});

test('the records that the probe seals have every field of every table of traffic, but for those named', () => {
  const tables = [commonFields, trafficFields, networkFields, receiverFields, ...PROTOCOLS.map(({ fields }) => fields)];
  const names = new Set(tables.flatMap(Object.keys));
  const seen = new Set(playedRecords.flatMap(Object.keys));
  expect([...names].filter(name => !seen.has(name)).sort()).toEqual(UNPLAYED.toSorted());
});

describe.each(jrubies())('on JRuby $name', jruby => {
  test(
    'every vector of the codec gives what it says',
    async () => {
      expect((await runSpec(jruby, 'vectors', `${root}codec/vectors`)).at(-1)).toMatch(/^\d{4} checks, 0 failed/);
    },
    SPEC_MS,
  );

  test.each([
    ['made by hand', site],
    ['that the probe sealed while it played every fixture', playedSite],
  ])(
    "of datagrams %s the events are the relay's records, field by field",
    async (_, { folder }) => {
      expect((await runSpec(jruby, 'records', folder)).at(-1)).toMatch(/^\d+ passed, 0 failed/);
    },
    SPEC_MS,
  );

  test(
    'codec and filter make of datagrams what they promise',
    async () => {
      expect((await runSpec(jruby, 'events', site.folder)).at(-1)).toMatch(/^\d+ passed, 0 failed/);
    },
    SPEC_MS,
  );
});

test.each([
  ['codec and filter keep keys, state and counts as they promise', 'keeping'],
  ['they hold their state for as long as their pipeline lasts', 'pipelines'],
])(
  'on all JRubies at once, because they mostly wait, %s',
  async (_, spec) => {
    const ended = await Promise.all(jrubies().map(jruby => runSpec(jruby, spec, site.folder)));
    for (const lines of ended) expect(lines.at(-1)).toMatch(/^\d+ passed, 0 failed/);
  },
  SPEC_MS,
);

test(
  '200,000 datagrams of 500 probes through four threads: each record once, copies refused, losses told',
  async () => {
    const [jruby] = jrubies();
    if (jruby === undefined) throw new Error('no JRuby');
    expect((await runSpec(jruby, 'threads', traffic.folder)).at(-1)).toMatch(/^3 passed, 0 failed/);
  },
  SPEC_MS,
);

test(
  'while one process keeps a state no other one starts on it, and after a kill -9 nothing passes a second time',
  async () => {
    const [, jruby] = jrubies();
    if (jruby === undefined) throw new Error('no JRuby');
    const passed: string[] = [];
    for (let start = 0; start < 2; start++) {
      const program = startSpec(jruby, 'killed', site.folder);
      passed.push(await program.line(/\d+ passed/, 60_000));
      if (start === 0)
        await expect(runSpec(jruby, 'killed', site.folder)).rejects.toThrow(/killed: another process uses it/);
      await program.stop('SIGKILL');
    }
    expect(passed).toEqual(['4 passed', '0 passed']);
  },
  SPEC_MS,
);

test(
  'where Java lacks the ciphers, as in images for FIPS, a plugin says so at its start',
  async () => {
    const jruby = jrubies().find(({ name }) => name === '9.4'); // Debian's always has them
    if (jruby === undefined) throw new Error('no JRuby');
    expect((await runSpec(jruby, 'unusable')).at(-1)).toMatch(/^2 passed, 0 failed/);
  },
  SPEC_MS,
);

test('the generated files are what the tables say', () => {
  for (const { path, bytes } of generatedFiles()) {
    expect(Buffer.compare(readFileSync(join(PLUGIN_FOLDER, path)), bytes)).toBe(0);
  }
});

describe('nano-plugin build', () => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nano-plugin-'));
    for (const name of ['one', 'two']) await runProgram('node', [NANO_PLUGIN, 'build', '--out', join(folder, name)]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = (name: string) => join(folder, 'one', name);

  test('twice gives the same bytes', async () => {
    expect(await runProgram('diff', ['-r', path(''), join(folder, 'two')])).toBe('');
  });

  test(
    'RubyGems reads the gem, installs it, and finds the library',
    async () => {
      const spec = await runProgram('jruby', ['-S', 'gem', 'spec', path(GEM)]);
      expect(spec).toMatch(/logstash_plugin: ['"]true['"]/);
      const home = path('gems');
      await runProgram('jruby', [
        '-S',
        'gem',
        'install',
        '--local',
        '--force',
        '--ignore-dependencies',
        '-i',
        home,
        path(GEM),
      ]);
      const installed = join(home, 'gems', GEM.replace('.gem', ''));
      for (const file of [
        'lib/logstash/filters/nano_decrypt.rb',
        'lib/logstash/codecs/nano_decrypt.rb',
        `${GEM.split('-0')[0]}.gemspec`,
      ]) {
        expect(readFileSync(join(installed, file))).toEqual(readFileSync(join(PLUGIN_FOLDER, file)));
      }
    },
    SPEC_MS,
  );

  test('the pack is laid out as bin/logstash-plugin wants it, and any zip tool reads it', async () => {
    const listing = `import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print('\\n'.join(z.namelist())); z.extractall(sys.argv[2])`;
    const pack = path(GEM.replace('.gem', '.zip'));
    expect(await runProgram('/usr/bin/python3', ['-c', listing, pack, path('unpacked')])).toBe(`logstash/${GEM}`);
    expect(readFileSync(join(path('unpacked'), 'logstash', GEM))).toEqual(readFileSync(path(GEM)));
  });

  test('the tree has what --path.plugins looks for', () => {
    for (const kind of ['codecs', 'filters']) {
      const file = path(`logstash-filter-nano_decrypt/lib/logstash/${kind}/nano_decrypt.rb`);
      expect(readFileSync(file, 'utf8')).toContain("config_name 'nano_decrypt'");
    }
  });
});

describe('nano-plugin scaffold', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nano-scaffold-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const scaffold = (type: string, name: string) =>
    runProgram('node', [NANO_PLUGIN, 'scaffold', '--type', type, '--name', name, '--out', folder]);

  test.each(['filter', 'codec'])(
    'writes a %s whose own spec passes',
    async type => {
      await scaffold(type, 'byte_count');
      const made = join(folder, `logstash-${type}-byte_count`);
      const options = [
        ...readFileSync(join(made, `lib/logstash/${type}s/byte_count.rb`), 'utf8').matchAll(/config :(\w+)/g),
      ];
      const docs = readFileSync(join(made, 'docs/index.asciidoc'), 'utf8');
      expect(options.filter(([, option]) => !docs.includes(`===== \`${option}\``))).toEqual([]);
      const paths = ['lib', 'spec/support'].map(path => `-I${join(made, path)}`);
      const output = await runProgram('jruby', [...paths, join(made, 'spec/byte_count.rb')]);
      expect(output.split('\n').at(-1)).toMatch(/^3 passed, 0 failed/);
    },
    SPEC_MS,
  );

  test('what cannot be is refused, and nothing that is there is overwritten', async () => {
    await expect(scaffold('output', 'x')).rejects.toThrow(/exit status 2: .*expected filter or codec/);
    await expect(scaffold('filter', 'Bad-Name')).rejects.toThrow(/exit status 2: .*--name "Bad-Name"/);
    await scaffold('filter', 'twice');
    await expect(scaffold('filter', 'twice')).rejects.toThrow(/exit status 1: .*is there already/);
  });
});
