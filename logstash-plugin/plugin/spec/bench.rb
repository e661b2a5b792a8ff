# encoding: utf-8
# frozen_string_literal: true

# What decoding costs: jruby -Ilib -Ispec/support spec/bench.rb FOLDER
# FOLDER/bench.json holds, by size, datagrams in base64, each with one GELF text inside. One JSON object a line on stdout:
# bytes of the text, and CPU time of this thread in µs per event for the codec, the filter, and JSON decoding of the same text.
require 'json'
require 'logstash/codecs/nano_decrypt'
require 'logstash/filters/nano_decrypt'

FOLDER = ARGV.fetch(0)
OPTIONS = { 'keys_path' => File.join(FOLDER, 'registry'), 'clock' => 'monotone', 'report_interval' => 86_400 }.freeze
THREADS = java.lang.management.ManagementFactory.getThreadMXBean

def cost(items)
  before = THREADS.getCurrentThreadCpuTime
  items.each { |item| yield item }
  (THREADS.getCurrentThreadCpuTime - before) / 1000.0 / items.length
end

# The last third, when the compiler has seen enough.
def settled(items, &block)
  third = items.length / 3
  items.first(2 * third).each(&block)
  cost(items.drop(2 * third), &block)
end

def event_of(text)
  LogStash::Event.new(JSON.parse(text))
end

JSON.parse(File.read(File.join(FOLDER, 'bench.json'))).each do |set|
  datagrams = set.fetch('datagrams').map { |text| text.unpack1('m0') }
  half = datagrams.length / 2
  texts = Array.new(half, set.fetch('text'))
  codec = LogStash::Codecs::NanoDecrypt.new(OPTIONS)
  filter = LogStash::Filters::NanoDecrypt.new(OPTIONS)
  filter.register
  events = datagrams.drop(half).map { |bytes| LogStash::Event.new('message' => bytes.unpack('C*').pack('U*')) }
  opened = 0
  costs = {
    'codec' => settled(datagrams.first(half)) { |bytes| codec.decode(bytes) { opened += 1 } },
    'filter' => settled(events) { |event| opened += filter.run(event).length },
    'json' => settled(texts) { |text| event_of(text) }
  }
  codec.close
  filter.close
  abort "#{opened} of #{datagrams.length} were opened" unless opened == datagrams.length
  puts JSON.generate({ 'bytes' => set.fetch('text').bytesize }.merge(costs))
end
