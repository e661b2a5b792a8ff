// cold. The files of a new plugin. What it does is small and real: it counts the bytes of a text.
import type { PluginFile } from './tree.ts';

export const TYPES = ['filter', 'codec'] as const;
export type PluginType = (typeof TYPES)[number];

const HEAD = '# encoding: utf-8\n# frozen_string_literal: true\n\n';

/** @param name lower case, with underscores */
export function skeleton(type: PluginType, name: string): PluginFile[] {
  const module = name.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const texts: [string, string][] = [
    [`lib/${name}/logic.rb`, HEAD + logic(module)],
    [`lib/logstash/${type}s/${name}.rb`, HEAD + (type === 'codec' ? codec(name, module) : filter(name, module))],
    [`spec/${name}.rb`, HEAD + spec(type, name, module)],
    [`logstash-${type}-${name}.gemspec`, HEAD + gemspec(type, name)],
    ['README.md', readme(type, name)],
    ['CHANGELOG.md', '## 0.1.0\n  - First version\n'],
    ['docs/index.asciidoc', asciidoc(type, name)],
  ];
  return texts.map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
}

const logic = (module: string): string => `module ${module}
  # What the plugin is for, without a name of Logstash: it is tested on bare JRuby. Never raises on its input.
  class Logic
    # limit: bytes that are looked at
    def initialize(limit)
      @limit = limit
    end

    # Returns fields for the event, or a Symbol that says why there are none.
    def fields_of(text)
      return :no_text unless text.is_a?(String)
      return :too_long if text.bytesize > @limit
      { 'bytes' => text.bytesize }
    end
  end
end
`;

const OPTION = `  # Bytes of a text that are looked at.
  config :limit, :validate => :number, :default => 65_536
`;
const REGISTER = (
  module: string,
): string => `  # A configuration that cannot work stops the start: which option, what was read, what is allowed.
  def register
    raise LogStash::ConfigurationError, "limit #{limit}: expected 1 or more" unless limit >= 1
    @logic = ::${module}::Logic.new(limit)
  end
`;

const codec = (name: string, module: string): string => `require 'logstash/codecs/base'
require 'logstash/namespace'
$LOAD_PATH.unshift(File.expand_path('../..', __dir__)) # --path.plugins puts nothing on it
require '${name}/logic'

class LogStash::Codecs::${module} < LogStash::Codecs::Base
  config_name '${name}'

${OPTION}
${REGISTER(module)}
  # Inputs clone their codec for each worker: what they share belongs to the class, in concurrent maps. They never close it, and
  # may hand over what they know of the data.
  def decode(data, *_metadata)
    fields = @logic.fields_of(data)
    return if fields.is_a?(Symbol)
    yield LogStash::Event.new(fields)
  end

  def encode(_event)
    raise 'the codec ${name} only decodes'
  end
end
`;

const filter = (name: string, module: string): string => `require 'logstash/filters/base'
require 'logstash/namespace'
$LOAD_PATH.unshift(File.expand_path('../..', __dir__)) # --path.plugins puts nothing on it
require '${name}/logic'

class LogStash::Filters::${module} < LogStash::Filters::Base
  config_name '${name}'

${OPTION}  # Field that is looked at.
  config :source, :validate => :field_reference, :default => 'message'
  config :tag_on_failure, :validate => :array, :default => ['_${name}_failure']

${REGISTER(module)}
  # One instance serves all workers at once: it keeps nothing of an event.
  def filter(event)
    fields = @logic.fields_of(event.get(source))
    return tag_on_failure.each { |tag| event.tag(tag) } if fields.is_a?(Symbol)
    fields.each { |field, value| event.set(field, value) }
    filter_matched(event)
  end
end
`;

const spec = (type: PluginType, name: string, module: string): string => `# jruby -Ilib -Ispec/support spec/${name}.rb
require 'checks'
require 'logstash/${type}s/${name}'
include Checks

check 'the logic tells the bytes of a text, and why it tells nothing' do
  logic = ${module}::Logic.new(4)
  equal [logic.fields_of('été'.b[0, 3]), logic.fields_of(nil), logic.fields_of('12345')], [{ 'bytes' => 3 }, :no_text, :too_long]
end

${type === 'codec' ? codecSpec(module) : filterSpec(name, module)}
check 'a limit that cannot be stops the start' do
  raises(LogStash::ConfigurationError, /limit 0: expected 1 or more/) { ${made(type, module, "'limit' => 0")} }
end

finish
`;

const made = (type: PluginType, module: string, options: string): string =>
  `LogStash::${type === 'codec' ? 'Codecs' : 'Filters'}::${module}.new(${options})${type === 'codec' ? '' : '.register'}`;

const codecSpec = (module: string): string => `check 'an event for each text' do
  events = []
  ${made('codec', module, '')}.decode('1234') { |event| events << event }
  equal events.map { |event| event.get('bytes') }, [4]
end
`;

const filterSpec = (
  name: string,
  module: string,
): string => `check 'fields are added, and what cannot be read is tagged' do
  made = LogStash::Filters::${module}.new('add_tag' => ['seen'])
  made.register
  event = made.run(LogStash::Event.new('message' => '1234')).first
  equal [event.get('bytes'), event.get('tags')], [4, ['seen']]
  equal made.run(LogStash::Event.new('other' => 1)).first.get('tags'), ['_${name}_failure']
end
`;

const gemspec = (type: PluginType, name: string): string => `Gem::Specification.new do |s|
  s.name = 'logstash-${type}-${name}'
  s.version = '0.1.0'
  s.licenses = ['Apache-2.0']
  s.summary = 'Counts the bytes of a text'
  s.authors = ['you']
  s.require_paths = ['lib']
  s.files = Dir['lib/**/*', 'spec/**/*', 'docs/**/*', '*.md', '*.gemspec', 'LICENSE']
  s.metadata = { 'logstash_plugin' => 'true', 'logstash_group' => '${type}' }
  s.required_ruby_version = '>= 2.6'
  s.add_runtime_dependency 'logstash-core-plugin-api', '>= 1.60', '<= 2.99'
end
`;

const readme = (type: PluginType, name: string): string => `# ${name}: a ${type} for Logstash

- \`lib/${name}/logic.rb\`: what it does, without a name of Logstash
- \`lib/logstash/${type}s/${name}.rb\`: the plugin over it
- \`spec/${name}.rb\`: runs on bare JRuby, with stand-ins for Logstash's classes:

      jruby -Ilib -Ispec/support spec/${name}.rb

Write Ruby 2.6 that is also clean on 3.4, and never let an exception out: it would stop the pipeline.
`;

type Described = readonly [option: string, kind: string, otherwise: string, doc: string];

const LIMIT: Described = ['limit', 'number', '65536', 'Bytes of a text that are looked at.'];

const filterOptions = (name: string): Described[] => [
  LIMIT,
  ['source', 'field reference', '"message"', 'Field that is looked at.'],
  ['tag_on_failure', 'array', `["_${name}_failure"]`, 'Tags of an event that cannot be read.'],
];

function asciidoc(type: PluginType, name: string): string {
  const options = type === 'codec' ? [LIMIT] : filterOptions(name);
  return `:plugin: ${name}
:type: ${type}
:default_plugin: 0

[id="plugins-{type}s-{plugin}"]

=== ${name} ${type} plugin

==== Description

Counts the bytes of a text.

==== Configuration options

[cols="<,<,<",options="header",]
|=======================================================================
|Setting |Input type|Required
${options.map(([option, kind]) => `| <<plugins-{type}s-{plugin}-${option}>> |${kind}|No`).join('\n')}
|=======================================================================
${options.map(option => section(...option)).join('')}`;
}

const section = (...[option, kind, otherwise, doc]: Described): string => `
[id="plugins-{type}s-{plugin}-${option}"]
===== \`${option}\`

* Value type is ${kind}.
* Default value is \`${otherwise}\`.

${doc}
`;
