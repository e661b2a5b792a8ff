# encoding: utf-8
# frozen_string_literal: true

# What codec and filter make of datagrams, on stand-ins for Logstash: jruby -Ilib -Ispec/support spec/events.rb FOLDER
require 'zlib'
require 'scenes'

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
  marked = filter('tag_on_failure' => %w[sealed lost]).run(LogStash::Event.new('message' => 'x' * 60)).first
  equal marked.get('tags'), %w[sealed lost]
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
    all = datagrams('batch') + datagrams('dictionary')
    all.each do |bytes|
      text = plain_codec(bytes, charset.split.first)
      text = plain_codec(text.b, 'ISO-8859-1') if charset.end_with?('twice')
      event = made.run(LogStash::Event.new('message' => text)).first
      equal [event.get('[@metadata][nano][reason]'), event.get('message')], ['charset', text]
    end
    equal [made.metric.counts, made.logger.lines.length], [{ :charset => all.length }, 1]
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

scene 'what is authentic but old is tagged, or dropped and counted' do
  tagged = decoded(codec, datagrams('stale'))
  equal tagged.map { |event| [event.get('envelope'), event.get('tags')] }, [['opened', nil], ['stale', ['_nano_stale']]]
  made = codec('on_stale' => 'drop')
  equal [decoded(made, datagrams('stale')).length, made.metric.counts], [1, { :records => 1, :stale => 1 }]
end

scene 'a message of more records or more bytes than wanted is refused whole' do
  { 'max_records' => [1, 'batch', :array_length], 'max_inflated' => [1000, 'dictionary', :inflated_too_long] }.each do |option, (most, name, reason)|
    made = codec(option => most)
    equal [decoded(made, datagrams(name)).length, made.metric.counts], [0, { reason => 1 }]
  end
end

scene 'a fault of our own costs the datagram, not the pipeline' do
  [RuntimeError.new('secret'), java.lang.IllegalStateException.new('secret')].each do |fault|
    made = [codec, filter]
    made.each { |each| each.instance_variable_get(:@service).define_singleton_method(:open) { |_| raise fault } }
    equal decoded(made.first, datagrams('gelf')), []
    event = made.last.run(event_of(datagrams('gelf').first)).first
    equal event.get('[@metadata][nano][reason]'), 'internal'
    OPEN.each(&:close).clear # its service goes
    made.each do |each|
      equal [each.metric.counts, each.logger.lines.map(&:first)], [{ :internal => 1 }, [:error]]
      equal each.logger.lines.join.include?('secret'), false
    end
  end
end

scene 'names with brackets, @ names, tags of any kind and wild times make an event all the same' do
  event = decoded(codec, datagrams('traps')).first
  equal [event.get('a(b)'), event.get('tags'), event.get('@timestamp').is_a?(LogStash::Timestamp)], [1, %w[1 two], true]
  equal [event.to_hash.key?('@evil'), event.to_hash.key?(''), event.get('endless')], [false, false, nil]
end

scene 'under ECS the host has its place, and target puts the record under a field' do
  %w[v1 v8].each_with_index do |ecs, n|
    made = codec('ecs_compatibility' => ecs, 'max_records' => 410 + n) # of its own service: the datagrams are the same
    equal decoded(made, datagrams('gelf')).first.get('host'), 'name' => records('gelf').first['host']
  end
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
