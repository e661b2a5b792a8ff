# encoding: utf-8
# frozen_string_literal: true

# A Java without the ciphers: jruby -Ispec/fips -Ilib -Ispec/support spec/unusable.rb
$LOAD_PATH.unshift(File.join(__dir__, 'fips'))
require 'checks'
require 'logstash/codecs/nano_decrypt'
require 'logstash/filters/nano_decrypt'
include Checks

[['codec', -> { LogStash::Codecs::NanoDecrypt.new('keys' => ['{"registry":1}']) }],
 ['filter', -> { LogStash::Filters::NanoDecrypt.new('keys' => ['{"registry":1}']).register }]].each do |kind, start|
  check "a #{kind} whose Java lacks the ciphers does not start, and says what else can open the records" do
    raises(LogStash::ConfigurationError, /no XSalsa20, Poly1305 or X25519 \(.*XSalsa20Engine.*nano-relay/m, &start)
  end
end

finish
