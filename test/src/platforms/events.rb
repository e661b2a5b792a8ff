# encoding: utf-8
# frozen_string_literal: true

# What Logstash makes of datagrams by one of the examples: the plugin's codec in `input udp`, then the filters. Datagrams come
# on stdin, a line of base64 each; an event of another input comes as a line of JSON. Each event leaves as a line of JSON, as
# an output with the codec json writes it. Arguments: the registry, and the pipeline as events.ts tells it.
require 'json'
require 'time'
require 'logstash/codecs/nano_decrypt'
require_relative 'filters'

# Unless it is told otherwise, a Logstash since 8 follows ECS, and its `input udp` adds the sender's address in ECS's place.
ECS = 'v8'
SENDERS = { 'v8' => '[host][ip]', 'disabled' => 'host' }.freeze
REPORT_S = 1

registry, pipeline = ARGV
INPUT, CODEC, FILTERS = JSON.parse(pipeline).values_at('input', 'codec', 'filters')
OWN = { 'keys_path' => registry, 'report_interval' => REPORT_S, 'state_path' => nil }.freeze
SENDER = SENDERS.fetch(INPUT.fetch('ecs_compatibility', ECS))

def write(event)
  Filters.run(FILTERS, event)
  time = event.timestamp && { '@timestamp' => event.timestamp.time.iso8601(3) }
  puts JSON.generate(event.to_hash.merge(time || {}))
end

codec = LogStash::Codecs::NanoDecrypt.new({ 'ecs_compatibility' => ECS }.merge(CODEC, OWN))
decode = lambda do |datagram|
  codec.decode(datagram) do |event|
    event.set(SENDER, '127.0.0.1') if event.get(SENDER).nil?
    write(event)
  end
end
$stdout.sync = true
$stderr.puts 'ready'

events, datagrams = $stdin.each_line.partition { |line| line.start_with?('{') }
datagrams.map! { |line| line.unpack1('m') }
datagrams.each(&decode)
events.each { |line| write(LogStash::Event.new(JSON.parse(line))) }
# A copy that comes late becomes no event; with it comes the report of what every probe lost.
sleep REPORT_S
decode.call(datagrams.first)
