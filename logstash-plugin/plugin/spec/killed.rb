# encoding: utf-8
# frozen_string_literal: true

# Opens datagrams, says how many records passed, and waits to be killed: jruby -Ilib -Ispec/support spec/killed.rb FOLDER
# Started again after that, nothing may pass a second time.
require 'json'
require 'logstash/codecs/nano_decrypt'

FOLDER = ARGV.fetch(0)
CASES = JSON.parse(File.read(File.join(FOLDER, 'cases.json')))
# A probe's lead is known once it was saved: the first look is refused, the second one passes.
SAVED_S = 6

codec = LogStash::Codecs::NanoDecrypt.new(
  'keys_path' => File.join(FOLDER, 'registry'), 'state_path' => File.join(FOLDER, 'killed'), 'clock' => 'monotone', 'report_interval' => 0
)
datagrams = %w[gelf zlib batch].flat_map { |name| CASES.fetch(name).fetch('datagrams') }.map { |text| text.unpack1('m0') }
passed = 0
2.times do
  datagrams.each { |bytes| codec.decode(bytes) { passed += 1 } }
  sleep SAVED_S
end
datagrams.each { |bytes| codec.decode(bytes) { passed += 1 } }
puts "#{passed} passed"
$stdout.flush
sleep
