// cold. A gem: an archive of its description, its files and their checksums. Source: RubyGems, package format 1.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { PLUGIN } from './plugin.ts';
import type { PluginFile } from './tree.ts';
import { type Entry, ustar } from './ustar.ts';

/** The operating system's byte in a gzip header differs by machine. */
const OS_AT = 9;
const UNIX = 3;

function gzip(bytes: Uint8Array): Buffer {
  const zipped = gzipSync(bytes, { level: 9 }); // Node writes no time
  zipped[OS_AT] = UNIX;
  return zipped;
}

/** @returns the bytes of `NAME-VERSION.gem` */
export function gem(files: readonly PluginFile[]): Buffer {
  const parts: Entry[] = [
    { path: 'metadata.gz', bytes: gzip(Buffer.from(metadata(files))) },
    { path: 'data.tar.gz', bytes: gzip(ustar(files)) },
  ];
  return ustar([...parts, { path: 'checksums.yaml.gz', bytes: gzip(Buffer.from(checksums(parts))) }]);
}

function checksums(parts: readonly Entry[]): string {
  const of = (algorithm: string) =>
    parts.map(({ path, bytes }) => `  ${path}: ${createHash(algorithm).update(bytes).digest('hex')}`);
  return ['---', 'SHA256:', ...of('sha256'), 'SHA512:', ...of('sha512'), ''].join('\n');
}

/** The specification as RubyGems writes it into a gem: YAML of its own object. */
const metadata = (files: readonly PluginFile[]): string => `--- !ruby/object:Gem::Specification
name: ${PLUGIN.name}
version: !ruby/object:Gem::Version
  version: ${PLUGIN.version}
platform: ruby
authors:
- nanogelf
autorequire:
bindir: bin
cert_chain: []
date: 1980-01-02 00:00:00.000000000 Z
dependencies:
- !ruby/object:Gem::Dependency
  name: logstash-core-plugin-api
  requirement: !ruby/object:Gem::Requirement
    requirements:
    - - ">="
      - !ruby/object:Gem::Version
        version: '1.60'
    - - "<="
      - !ruby/object:Gem::Version
        version: '2.99'
  type: :runtime
  prerelease: false
  version_requirements: !ruby/object:Gem::Requirement
    requirements:
    - - ">="
      - !ruby/object:Gem::Version
        version: '1.60'
    - - "<="
      - !ruby/object:Gem::Version
        version: '2.99'
description: ${PLUGIN.summary}
email:
executables: []
extensions: []
extra_rdoc_files: []
files:
${files.map(({ path }) => `- ${path}`).join('\n')}
homepage:
licenses:
- Apache-2.0
metadata:
  logstash_plugin: 'true'
  logstash_group: filter
post_install_message:
rdoc_options: []
require_paths:
- lib
required_ruby_version: !ruby/object:Gem::Requirement
  requirements:
  - - ">="
    - !ruby/object:Gem::Version
      version: '2.6'
required_rubygems_version: !ruby/object:Gem::Requirement
  requirements:
  - - ">="
    - !ruby/object:Gem::Version
      version: '0'
requirements: []
rubygems_version: 3.2.14
signing_key:
specification_version: 4
summary: ${PLUGIN.summary}
test_files: []
`;
