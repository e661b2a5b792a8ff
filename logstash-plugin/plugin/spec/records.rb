# encoding: utf-8
# frozen_string_literal: true

# The codec's events against the relay's records, field by field: jruby -Ilib -Ispec/support spec/records.rb FOLDER
require 'cases'
require 'checks'
require 'logstash/codecs/nano_decrypt'
include Cases
include Checks

FOLDER = ARGV.fetch(0)
# The datagrams were made before the start, which the strict clock refuses.
OPTIONS = { 'keys_path' => File.join(FOLDER, 'registry'), 'remap' => false, 'report_interval' => 0, 'clock' => 'monotone' }.freeze

read_cases(FOLDER).each do |name, told|
  next if told[:records].nil?
  check "#{name}: the codec's events are the relay's records" do
    codec = LogStash::Codecs::NanoDecrypt.new(OPTIONS)
    events = decoded(codec, told[:datagrams]).map { |event| plain(event) }
    codec.close
    told[:records].zip(events) { |record, event| equal event, record }
    equal events.length, told[:records].length
  end
end

finish
