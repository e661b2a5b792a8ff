# encoding: utf-8
# frozen_string_literal: true

# What Logstash makes of datagrams: the plugin's codec behind `input udp`. Datagrams come on stdin, a line of base64 each;
# each event leaves as a line of JSON, as an output for OpenSearch writes it. REGISTRY is the only argument.
require 'json'
require 'time'
require 'logstash/codecs/nano_decrypt'

# Unless it is told otherwise, a Logstash since 8 follows ECS, and its `input udp` adds the sender's address in ECS's place.
ECS = 'v8'
SENDER = '[host][ip]'

REPORT_S = 1

codec = LogStash::Codecs::NanoDecrypt.new('keys_path' => ARGV.fetch(0), 'ecs_compatibility' => ECS, 'report_interval' => REPORT_S)
decode = lambda do |datagram|
  codec.decode(datagram) do |event|
    event.set(SENDER, '127.0.0.1') if event.get(SENDER).nil?
    puts JSON.generate(event.to_hash.merge('@timestamp' => event.timestamp.time.iso8601(3)))
  end
end
$stdout.sync = true
$stderr.puts 'ready'

datagrams = $stdin.each_line.map { |line| line.unpack1('m') }
datagrams.each(&decode)
# A copy that comes late becomes no event; with it comes the report of what every probe lost.
sleep REPORT_S
decode.call(datagrams.first)
