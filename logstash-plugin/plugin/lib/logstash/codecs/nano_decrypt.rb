# encoding: utf-8
# frozen_string_literal: true

require 'logstash/codecs/base'
require 'logstash/namespace'
$LOAD_PATH.unshift(File.expand_path('../..', __dir__)) # --path.plugins puts nothing on it
require 'nano_decrypt/plugin'

# Opens the encrypted GELF envelope in an input: for `input udp`, which hands over the raw bytes of each datagram.
class LogStash::Codecs::NanoDecrypt < LogStash::Codecs::Base
  include LogStash::PluginMixins::ECSCompatibilitySupport(:disabled, :v1, :v8 => :v1) if defined?(LogStash::PluginMixins::ECSCompatibilitySupport)
  config_name 'nano_decrypt'
  include ::NanoDecrypt::Plugin

  def register
    open_service
  end

  # A bad datagram becomes no event: it is counted. Inputs may hand over what they know of the datagram too.
  def decode(data, *_metadata, &block)
    events, = open_events(data.b)
    (events + report_events).each(&block)
  end

  def encode(_event)
    raise 'the codec nano_decrypt opens envelopes; it does not make any'
  end

  def close
    close_service
  end
end
