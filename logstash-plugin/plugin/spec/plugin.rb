# encoding: utf-8
# frozen_string_literal: true

# The codec and the filter on stand-ins for Logstash: jruby -Ilib -Ispec/support spec/plugin.rb FOLDER
# FOLDER is written by the TypeScript side: registry, cases.json (datagrams, and what the relay makes of them).
require 'zlib'
require 'cases'
require 'checks'
require 'logstash/codecs/nano_decrypt'
require 'logstash/filters/nano_decrypt'
include Cases
include Checks

FOLDER = ARGV.fetch(0)
REGISTRY = File.join(FOLDER, 'registry')
CASES = read_cases(FOLDER)
# Datagrams that were made before the start, which the strict clock refuses.
PLAIN = { 'keys_path' => REGISTRY, 'remap' => false, 'report_interval' => 0, 'clock' => 'monotone' }.freeze
OPEN = []

# A check whose plugins are closed behind it, so that the next one begins with fresh windows.
def scene(sentence, &block)
  check(sentence, &block)
ensure
  OPEN.each(&:close)
  OPEN.clear
end

def kept(plugin)
  OPEN << plugin
  plugin
end

def codec(options = {})
  kept(LogStash::Codecs::NanoDecrypt.new(PLAIN.merge(options)))
end

def filter(options = {})
  made = kept(LogStash::Filters::NanoDecrypt.new(PLAIN.merge(options)))
  made.register
  made
end

def datagrams(name)
  CASES.fetch(name).fetch(:datagrams)
end

def records(name)
  CASES.fetch(name).fetch(:records)
end

# One character for each byte.
def latin1(bytes)
  bytes.unpack('C*').pack('U*')
end

def tick(seconds)
  sleep seconds
end

scene 'a datagram passes once, whatever instance gets its copy' do
  first = codec
  copies = [first, kept(first.clone), filter('source' => 'payload')]
  all = datagrams('batch')
  opened = decoded(first, all).length + decoded(copies[1], all).length
  text = latin1(all.first)
  event = copies[2].run(LogStash::Event.new('payload' => text)).first
  equal [opened, event.get('tags'), event.get('[@metadata][nano][reason]')], [records('batch').length, ['_nano_decrypt_failure'], 'duplicate']
  equal event.get('payload'), text
end

%w[latin1 armor base64 hex].each do |encoding|
  scene "the filter opens #{encoding}" do
    made = filter('source_encoding' => encoding, 'add_tag' => ['opened'])
    bytes = datagrams('gelf').first
    text = { 'latin1' => latin1(bytes), 'armor' => "ne1.#{NanoDecrypt::Texts.encode64(bytes)}",
             'base64' => [bytes].pack('m0'), 'hex' => bytes.unpack1('H*') }.fetch(encoding)
    events = made.run(LogStash::Event.new('message' => text, 'tags' => ['before'], 'topic' => 'sealed', 'host' => 'kafka'))
    equal events.map { |event| plain(event).reject { |name, _| %w[tags topic].include?(name) } }, records('gelf')
    equal [events.first.get('tags'), events.first.get('topic')], [%w[before opened], 'sealed']
  end
end

# As the plain codec under ECS makes it, with what an input adds.
def event_of(bytes)
  text = latin1(bytes)
  LogStash::Event.new('message' => text, 'tags' => ['before'], 'topic' => 'sealed', '@metadata' => { 'kafka' => 7 },
                      'event' => { 'original' => text, 'id' => 1 })
end

scene 'one record goes into the event that brought it, which keeps what it had' do
  event = event_of(datagrams('gelf').first)
  events = filter('add_tag' => ['opened']).run(event)
  equal [events.length, events.first.equal?(event)], [1, true]
  kept = { 'topic' => 'sealed', 'tags' => %w[before opened], 'event' => { 'id' => 1 } }
  equal plain(event), records('gelf').first.merge(kept)
  equal event.get('[@metadata][kafka]'), 7
end

scene 'many records take the place of the event that brought them, each with what it had' do
  event = event_of(datagrams('batch').first)
  events = filter('add_tag' => ['opened']).run(event)
  kept = { 'topic' => 'sealed', 'tags' => %w[before opened], 'event' => { 'id' => 1 } }
  equal events.map { |opened| plain(opened) }, records('batch').map { |record| record.merge(kept) }
  equal [events.map { |opened| opened.get('[@metadata][kafka]') }, event.cancelled?], [[7, 7], true]
end

scene 'a text where the record has fields below gives way' do
  event = LogStash::Event.new('message' => latin1(datagrams('gelf').first), 'host' => 'kafka', 'nano' => 'text')
  filter('ecs_compatibility' => 'v8').run(event)
  equal event.get('host'), 'name' => records('gelf').first['host']
  event = LogStash::Event.new('message' => latin1(datagrams('zlib').first), 'nano' => 'text')
  filter('target' => '[nano]').run(event)
  equal event.get('[nano][host]'), records('zlib').first['host']
end

scene 'what cannot be opened is tagged with its reason, or dropped' do
  made = filter
  event = made.run(LogStash::Event.new('message' => 'no envelope at all, but long enough to be looked at')).first
  equal [event.get('tags'), event.get('[@metadata][nano][reason]')], [['_nano_decrypt_failure'], 'magic']
  equal made.run(LogStash::Event.new('other' => 1)).first.get('[@metadata][nano][reason]'), 'source'
  equal filter('on_failure' => 'drop').run(LogStash::Event.new('message' => 'x' * 60)), []
end

# As the plain codec reads bytes, by its charset.
def plain_codec(bytes, charset)
  text = bytes.dup.force_encoding(charset)
  return text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace) unless charset == 'UTF-8'
  text.valid_encoding? ? text : text.inspect[1..-2]
end

{
  'UTF-8' => /written as escapes/, 'cp1252' => /lost in a charset/, 'US-ASCII' => /lost in a charset/, 'ISO-8859-1 twice' => /became two each/
}.each do |charset, warning|
  scene "what the charset #{charset} did to envelopes is said once, with what mends it, and counted" do
    made = filter
    (datagrams('batch') + datagrams('dictionary')).each do |bytes|
      text = plain_codec(bytes, charset.split.first)
      text = plain_codec(text.b, 'ISO-8859-1') if charset.end_with?('twice')
      event = made.run(LogStash::Event.new('message' => text)).first
      equal [event.get('[@metadata][nano][reason]'), event.get('message')], ['charset', text]
    end
    equal [made.metric.counts, made.logger.lines.length], [{ :charset => 2 }, 1]
    raise Wrong, made.logger.lines.inspect unless made.logger.lines.first.last.match?(warning)
  end
end

scene 'the codec too says it when an input made text of the bytes' do
  made = codec
  ['ISO-8859-1', 'UTF-8'].each { |charset| decoded(made, [plain_codec(datagrams('gelf').first, charset)]) }
  equal [made.metric.counts, made.logger.lines.length], [{ :charset => 2 }, 1]
  decoded(made, ["\xF9 no charset's fault".b])
  equal made.metric.counts.keys, %i[charset short]
end

scene 'many refusals are one line in the log, and each is counted' do
  made = codec
  100.times { decoded(made, ["\xf9".b + ('x' * 60)]) }
  equal [made.logger.lines.length, made.metric.counts[:version]], [1, 100]
  equal made.logger.lines.first.last.include?('version'), true
end

scene 'the codec takes what an input knows of a datagram, and numbers that no clock has are no time' do
  made = codec
  opened = []
  made.decode(datagrams('gelf').first, 'ip' => '192.0.2.1') { |event| opened << event }
  equal opened.length, 1
  text = '{"version":"1.1","host":"h","short_message":"m","timestamp":1' + '0' * 400 + '}'
  equal NanoDecrypt::Gelf.read_message(text), :timestamp
end

scene 'names with brackets, @ names, tags of any kind and wild times make an event all the same' do
  event = decoded(codec, datagrams('traps')).first
  equal [event.get('a(b)'), event.get('tags'), event.get('@timestamp').is_a?(LogStash::Timestamp)], [1, %w[1 two], true]
  equal [event.to_hash.key?('@evil'), event.to_hash.key?(''), event.get('endless')], [false, false, nil]
end

scene 'under ECS the host has its place, and target puts the record under a field' do
  equal decoded(codec('ecs_compatibility' => 'v8'), datagrams('gelf')).first.get('[host][name]'), records('gelf').first['host']
  %w[[nano] nano].each do |target|
    equal decoded(codec('target' => target, 'clock' => 'monotone', 'max_records' => 400 + target.length), datagrams('gelf'))
      .first.get('[nano][host]'), records('gelf').first['host']
  end
end

scene 'fields keep their underscore where it is wanted, and message is made as input-gelf makes it' do
  event = decoded(codec('strip_leading_underscore' => false, 'remap' => true), datagrams('gelf')).first
  equal [event.get('_SRC_IP'), event.get('message'), event.get('short_message')], ['192.0.2.1', 'hello', nil]
  event = decoded(codec('strip_leading_underscore' => false), datagrams('names')).first
  equal [event.get('host'), event.get('__host'), event.get('_id_'), event.get('_id')], ['web-1', 'evil', 7, nil]
end

scene 'a configuration that cannot work stops the start, saying which option and what is allowed' do
  kind = LogStash::ConfigurationError
  raises(kind, /keys or keys_path/) { LogStash::Codecs::NanoDecrypt.new({}) }
  raises(kind, /keys: line 1: .*registry/) { LogStash::Codecs::NanoDecrypt.new('keys' => ['{}']) }
  raises(kind, /refresh_interval 0: expected 1 to 86400/) { codec('refresh_interval' => 0) }
  raises(kind, /clock: expected one of/) { codec('clock' => 'wrong') }
  damaged = File.join(FOLDER, 'damaged')
  File.write(damaged, 'damaged')
  2.times { raises(kind, /damaged is damaged/) { codec('state_path' => damaged) } }
end

scene 'keys given in the configuration work, and are not shown' do
  made = codec('keys' => File.read(REGISTRY).lines.map(&:chomp), 'keys_path' => nil)
  equal decoded(made, datagrams('gelf')).length, 1
  equal made.keys.join.include?('nk1'), false
end

scene 'a changed registry is taken over while running, and a bad one changes nothing' do
  path = File.join(FOLDER, 'changing')
  File.write(path, File.read(REGISTRY).lines.first)
  made = codec('keys_path' => path, 'refresh_interval' => 1)
  before = decoded(made, datagrams('gelf')).length
  File.write(path, File.read(REGISTRY))
  tick 2.5
  after = decoded(made, datagrams('gelf')).length
  File.write(path, 'nonsense')
  tick 2.5
  equal [before, after, decoded(made, datagrams('zlib')).length], [0, 1, 1]
  equal made.logger.lines.any? { |level, text| level == :error && text.include?('line 1') }, true
end

scene 'after a restart with its state nothing passes twice' do
  path = File.join(FOLDER, "state-#{JRUBY_VERSION}")
  first = codec('state_path' => path)
  decoded(first, datagrams('batch')) # its clock's lead is not saved yet
  tick 6
  equal decoded(first, datagrams('batch')).length, records('batch').length
  OPEN.delete(first).close
  second = codec('state_path' => path)
  equal [decoded(second, datagrams('batch')).length, second.metric.counts.values.sum], [0, datagrams('batch').length]
end

PIPELINE = Struct.new(:over) do
  def finished_execution?
    over
  end
end
CONTEXT = Struct.new(:pipeline)

scene 'two configurations do not share a state, whatever its path is called' do
  kind = LogStash::ConfigurationError
  path = File.join(FOLDER, "shared-#{JRUBY_VERSION}")
  first = codec('state_path' => path)
  kept(first.clone)
  other = { 'state_path' => File.join(FOLDER, '.', File.basename(path)), 'refresh_interval' => 9 }
  2.times { raises(kind, /state_path .*shared.*another nano_decrypt of this Logstash/) { codec(other) } }
  OPEN.shift.close
  raises(kind, /another nano_decrypt/) { codec(other) }
  OPEN.shift.close
  codec(other) # a reload closes the old one first
  raises(kind, /state_path .*nowhere.*cannot be locked/) { codec('state_path' => File.join(FOLDER, 'nowhere', 'state')) }
end

scene 'the end of a pipeline frees the state, because inputs do not close their codec' do
  options = { 'state_path' => File.join(FOLDER, "ended-#{JRUBY_VERSION}") }
  pipeline = PIPELINE.new(false)
  LogStash::Codecs::NanoDecrypt.new(PLAIN.merge(options)).execution_context = CONTEXT.new(pipeline)
  raises(LogStash::ConfigurationError, /another nano_decrypt/) { codec(options.merge('refresh_interval' => 9)) }
  pipeline.over = true
  codec(options.merge('refresh_interval' => 9))
end

scene 'a test of the configuration leaves the state to the Logstash that runs' do
  options = { 'state_path' => File.join(FOLDER, "tested-#{JRUBY_VERSION}"), 'refresh_interval' => 9 }
  codec('state_path' => options['state_path'])
  begin
    LogStash::SETTINGS.set('config.test_and_exit', true)
    codec(options)
    raises(LogStash::ConfigurationError, /keys: line 1/) { codec('keys' => ['{}'], 'keys_path' => nil) }
  ensure
    LogStash::SETTINGS.set('config.test_and_exit', false)
  end
end

scene 'each interval a record says what every probe lost' do
  made = codec('report_interval' => 1)
  events = decoded(made, datagrams('lossy'))
  tick 1.2
  events = decoded(made, datagrams('gelf')).map { |event| plain(event) }
  report = events.find { |event| event['message-type'] == 'probe' && event['relay_lost'].to_i > 0 }
  equal report.values_at('probe', 'relay_received', 'relay_lost'), ['lossy', 8, 2]
  equal report['record_id'].length, 20
end

scene 'such a record is an event of its own beside the one that the filter was given' do
  made = filter('report_interval' => 1)
  made.run(event_of(datagrams('gelf').first))
  tick 1.2
  failed = event_of('no envelope at all, but long enough to be looked at')
  events = made.run(failed)
  equal [events.length, events.first.equal?(failed), failed.get('[@metadata][nano][reason]')], [2, true, 'magic']
  equal [events.last.get('message-type'), events.last.get('topic')], ['probe', nil]
end

scene 'the metrics say what came from every probe and what did not, once for all instances that share a window' do
  made = codec
  copy = kept(made.clone)
  decoded(copy, datagrams('lossy') + datagrams('lossy').last(1))
  decoded(made, datagrams('gelf'))
  tick NanoDecrypt::Service::METRICS_S + 1.5
  lossy = made.metric.gauges.select { |path, _| path.start_with?('nano.probes.4.') }
  equal lossy, 'nano.probes.4.name' => 'lossy', 'nano.probes.4.received' => 8, 'nano.probes.4.lost' => 2,
               'nano.probes.4.late' => 0, 'nano.probes.4.duplicated' => 1, 'nano.probes.4.replayed' => 0
  equal made.metric.gauges.values_at('nano.received', 'nano.lost', 'nano.duplicated', 'nano.probes_unlisted'), [9, 2, 1, 0]
  equal copy.metric.gauges, {}
end

scene 'a host with very many probes gets metrics of the first ones, and the sums of all' do
  metric = LogStash::Metric.new
  metrics = NanoDecrypt::ProbeMetrics.new
  account = { name: 'a', received: 2, lost: 1, late: 0, duplicated: 0, replayed: 0 }
  [(1000..1599), (1..1599)].each { |kids| metrics.publish(metric, kids.map { |kid| account.merge(kid: kid) }) }
  equal metric.gauges.keys.map { |path| path[/probes\.\d+/] }.compact.uniq, (1000..1499).map { |kid| "probes.#{kid}" }
  equal metric.gauges.values_at('nano.received', 'nano.lost', 'nano.probes_unlisted'), [3198, 1599, 1099]
end

scene 'messages of which a part did not come are counted' do
  made = codec
  decoded(made, datagrams('unfinished'))
  tick NanoDecrypt::Service::METRICS_S + 1.5
  equal made.metric.counts, :fragment_limit => 2
  dropped = []
  gelf = NanoDecrypt::Gelf.new { |reason| dropped << reason }
  chunk = ->(id) { [0x1e, 0x0f, id, 0, 2].pack('CCQCC') + 'x' }
  (0..NanoDecrypt::Gelf::MAX_MESSAGES).each { |id| gelf.read(chunk[id], 1, 0) }
  equal dropped, [:chunk_limit]
  gelf.read(chunk[9_999], 1, NanoDecrypt::Gelf::CHUNK_AGE_MS + 1)
  equal [dropped.length, dropped.last], [1 + NanoDecrypt::Gelf::MAX_MESSAGES, :chunk_expired]
end

scene 'bombs leave the JVM standing' do
  bombs = {
    'five bytes that ask for gigabytes' => "\xdd\xff\xff\xff\xff".b, 'a map of 4 billion' => "\xdf\xff\xff\xff\xff".b,
    'a string of 4 GB' => "\xdb\xff\xff\xff\xff".b, 'deep nesting' => "\x91".b * 60_000, 'an extension' => "\xc7\x01\x01\x00".b
  }
  faults = bombs.map do |_, bytes|
    begin
      NanoDecrypt::MessagePack.decode(bytes)
    rescue NanoDecrypt::MessagePack::Fault => fault
      fault.reason
    end
  end
  equal faults, %i[array_length map_length string_length nesting extension]
  zeros = Zlib::Deflate.deflate("\0" * (64 << 20))
  equal NanoDecrypt::Inflate.stream(zeros, 256 * 1024), :too_long
  equal NanoDecrypt::Gelf.read_message(zeros), :inflated_too_long
  equal NanoDecrypt::Gelf.read_message('{"a":' * 5000), :depth
end

scene 'the stand-ins have the traps of the real ones' do
  event = LogStash::Event.new
  raises(ArgumentError, /FieldReference/) { event.set('a[b', 1) }
  event.set('text', 'a')
  raises(java.lang.RuntimeException, /Could not set/) { event.set('[text][below]', 1) }
  [['@timestamp', 'now'], ['@metadata', 'text'], ['tags', 'text'], ['tags', [1]]].each do |name, value|
    raised = begin
      event.set(name, value)
      false
    rescue java.lang.ClassCastException
      true
    end
    equal raised, true
  end
end

finish
