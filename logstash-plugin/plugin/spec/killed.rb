# encoding: utf-8
# frozen_string_literal: true

# Opens datagrams, says how many records passed, and waits to be killed: jruby -Ilib -Ispec/support spec/killed.rb FOLDER
# Started again after that, nothing may pass a second time.
require 'cases'
require 'logstash/codecs/nano_decrypt'

include Cases

FOLDER = ARGV.fetch(0)
# A probe's lead is known once it was saved: the first look is refused, the second one passes.
SAVED_S = 6

codec = LogStash::Codecs::NanoDecrypt.new(
  'keys_path' => File.join(FOLDER, 'registry'), 'state_path' => File.join(FOLDER, 'killed'), 'clock' => 'monotone', 'report_interval' => 0
)
datagrams = read_cases(FOLDER).values_at('gelf', 'zlib', 'batch').flat_map { |told| told[:datagrams] }
passed = 0
2.times do
  passed += decoded(codec, datagrams).length
  sleep SAVED_S
end
passed += decoded(codec, datagrams).length
puts "#{passed} passed"
$stdout.flush
sleep
