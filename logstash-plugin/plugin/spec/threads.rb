# encoding: utf-8
# frozen_string_literal: true

# Many probes through many threads of one configuration: jruby -Ilib -Ispec/support spec/threads.rb FOLDER
# FOLDER/traffic.bin holds datagrams, each behind its length (u16); FOLDER/traffic.json says what must come out.
require 'json'
require 'checks'
require 'logstash/codecs/nano_decrypt'
include Checks

FOLDER = ARGV.fetch(0)
EXPECTED = JSON.parse(File.read(File.join(FOLDER, 'traffic.json')))
THREADS = 4

def all_datagrams
  bytes = File.binread(File.join(FOLDER, 'traffic.bin'))
  at = 0
  datagrams = []
  while at < bytes.bytesize
    length = bytes.byteslice(at, 2).unpack1('n')
    datagrams << bytes.byteslice(at + 2, length)
    at += 2 + length
  end
  datagrams
end

codec = LogStash::Codecs::NanoDecrypt.new('keys_path' => File.join(FOLDER, 'registry'), 'report_interval' => 86_400, 'clock' => 'monotone')
datagrams = all_datagrams
numbers = Array.new(THREADS) { [] }
threads = THREADS.times.map do |thread|
  copy = codec.clone
  Thread.new do
    # Each takes every fourth, and the copies that its neighbour takes first.
    (thread...datagrams.length).step(THREADS) { |index| copy.decode(datagrams[index]) { |event| numbers[thread] << event.get('number') } }
    copy
  end
end
counts = threads.map(&:value).map { |copy| copy.metric.counts }
opened = numbers.flatten

check 'each record comes out once, and none is missing' do
  equal [opened.length, opened.uniq.length], [EXPECTED['records'], EXPECTED['records']]
end

check 'every copy is refused, and nothing else' do
  refused = counts.flat_map(&:to_a).reject { |name, _| name == :records }
  equal refused.map { |name, _| name }.uniq - %i[duplicate replay], []
  equal refused.map(&:last).sum, EXPECTED['copies']
end

check 'the losses told are the ones that were withheld' do
  service = codec.instance_variable_get(:@service)
  lost = service.instance_variable_get(:@receiver).probe_stats.map { |account| account[:lost] }.sum
  equal lost, EXPECTED['withheld']
end

finish
