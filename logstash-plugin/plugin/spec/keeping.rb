# encoding: utf-8
# frozen_string_literal: true

# What codec and filter keep: keys, state, counts, on stand-ins for Logstash: jruby -Ilib -Ispec/support spec/keeping.rb FOLDER
require 'scenes'

scene 'a changed registry is taken over while running, and a bad one changes nothing' do
  path = File.join(FOLDER, "changing-#{JRUBY_VERSION}")
  File.write(path, File.read(REGISTRY).lines.first, :perm => 0o600)
  made = codec('keys_path' => path, 'refresh_interval' => 1)
  before = decoded(made, datagrams('gelf')).length
  File.write(path, File.read(REGISTRY))
  sleep 2.5
  after = decoded(made, datagrams('gelf')).length
  File.write(path, 'nonsense')
  sleep 2.5
  equal [before, after, decoded(made, datagrams('zlib')).length], [0, 1, 1]
  equal made.logger.lines.any? { |level, text| level == :error && text.include?('line 1') }, true
end

scene 'a registry that others may read is refused with what mends it, and so is what is no file' do
  kind = LogStash::ConfigurationError
  path = File.join(FOLDER, "open-#{JRUBY_VERSION}")
  File.write(path, File.read(REGISTRY))
  { 0o644 => '0644', 0o640 => '0640', 0o602 => '0602' }.each do |mode, said|
    File.chmod(mode, path)
    raises(kind, /keys_path .*open.*: it is open to others than its owner \(mode #{said}\); mend with: chmod 600 .*open/) { codec('keys_path' => path) }
  end
  File.chmod(0o600, path)
  made = codec('keys_path' => path, 'refresh_interval' => 1)
  File.chmod(0o644, path)
  sleep 2.5
  equal made.logger.lines.last.last[/the last good ones stay: it is open to others/].nil?, false
  raises(kind, /keys_path #{FOLDER}: it is no regular file/) { codec('keys_path' => FOLDER) }
  raises(kind, %r{keys_path /dev/zero: it is no regular file}) { codec('keys_path' => '/dev/zero') }
  File.truncate(path, NanoDecrypt::KeySource::MAX_BYTES + 1)
  File.chmod(0o600, path)
  raises(kind, /it is too large to be a registry/) { codec('keys_path' => path) }
  next unless Process.euid.zero? # a file is given away by root alone
  File.truncate(path, 0)
  File.chown(65_534, -1, path)
  raises(kind, /it belongs to user 65534; mend with: chown 0 /) { codec('keys_path' => path) }
end

scene 'after a restart with its state nothing passes twice' do
  path = File.join(FOLDER, "state-#{JRUBY_VERSION}")
  first = codec('state_path' => path)
  decoded(first, datagrams('batch')) # its clock's lead is not saved yet
  sleep 6
  equal decoded(first, datagrams('batch')).length, records('batch').length
  OPEN.delete(first).close
  second = codec('state_path' => path)
  equal [decoded(second, datagrams('batch')).length, second.metric.counts.values.sum], [0, datagrams('batch').length]
end

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
  codec(other)
  raises(kind, /state_path .*nowhere.*cannot be locked/) { codec('state_path' => File.join(FOLDER, 'nowhere', 'state')) }
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
  sleep 1.2
  events = decoded(made, datagrams('gelf')).map { |event| plain(event) }
  report = events.find { |event| event['message-type'] == 'probe' && event['relay_lost'].to_i > 0 }
  equal report.values_at('probe', 'relay_received', 'relay_lost'), ['lossy', 8, 2]
  equal report['record_id'].length, 20
end

scene 'such a record is an event of its own beside the one that the filter was given' do
  made = filter('report_interval' => 1)
  made.run(event_of(datagrams('gelf').first))
  sleep 1.2
  failed = event_of('no envelope at all, but long enough to be looked at')
  events = made.run(failed)
  equal [events.length, events.first.equal?(failed), failed.get('[@metadata][nano][reason]')], [2, true, 'magic']
  equal [events.last.get('message-type'), events.last.get('topic')], ['probe', nil]
end

scene 'the metrics say what came of every probe and what did not or in parts, once for all that share a window' do
  made = codec
  copy = kept(made.clone)
  decoded(copy, datagrams('lossy') + datagrams('lossy').last(1))
  decoded(made, datagrams('gelf') + datagrams('unfinished'))
  sleep NanoDecrypt::Service::METRICS_S + 1.5
  lossy = made.metric.gauges.select { |path, _| path.start_with?('nano.probes.4.') }
  equal lossy, 'nano.probes.4.name' => 'lossy', 'nano.probes.4.received' => 8, 'nano.probes.4.lost' => 2,
               'nano.probes.4.late' => 0, 'nano.probes.4.duplicated' => 1, 'nano.probes.4.replayed' => 0
  received = datagrams('lossy').length + datagrams('gelf').length + datagrams('unfinished').length
  equal made.metric.gauges.values_at('nano.received', 'nano.duplicated', 'nano.probes_unlisted'), [received, 1, 0]
  equal made.metric.counts, :records => 1, :fragment_limit => 2
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

scene 'chunks of messages of which a part did not come are told' do
  dropped = []
  gelf = NanoDecrypt::Gelf.new { |reason| dropped << reason }
  chunk = ->(id) { [0x1e, 0x0f, id, 0, 2].pack('CCQCC') + 'x' }
  (0..NanoDecrypt::Gelf::MAX_MESSAGES).each { |id| gelf.read(chunk[id], 1, 0) }
  equal dropped, [:chunk_limit]
  gelf.read(chunk[9_999], 1, NanoDecrypt::Gelf::CHUNK_AGE_MS + 1)
  equal [dropped.length, dropped.last], [1 + NanoDecrypt::Gelf::MAX_MESSAGES, :chunk_expired]
end

finish
