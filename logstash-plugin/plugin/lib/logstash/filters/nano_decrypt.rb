# encoding: utf-8
# frozen_string_literal: true

require 'logstash/filters/base'
require 'logstash/namespace'
$LOAD_PATH.unshift(File.expand_path('../..', __dir__)) # --path.plugins puts nothing on it
require 'nano_decrypt/plugin'

# Opens the encrypted GELF envelope out of a field: for what comes as text or through other inputs (Kafka, files).
class LogStash::Filters::NanoDecrypt < LogStash::Filters::Base
  include LogStash::PluginMixins::ECSCompatibilitySupport(:disabled, :v1, :v8 => :v1) if defined?(LogStash::PluginMixins::ECSCompatibilitySupport)
  config_name 'nano_decrypt'
  include ::NanoDecrypt::Plugin
  ::NanoDecrypt::Options.filter(self)

  def register
    open_service
  end

  def filter(event)
    text = event.get(source)
    bytes = bytes_of(text)
    return fail_with(event, :source) if bytes.nil?
    latin1 = source_encoding == 'latin1' ? text : nil
    events, refused = open_events(bytes, latin1) { |count| without_envelope(count == 1 ? event : copy_of(event), text) }
    (events + report_events).each do |opened|
      filter_matched(opened)
      yield opened unless opened.equal?(event)
    end
    return fail_with(event, refused.first) if events.empty? && refused.any?
    event.cancel unless events.length == 1 # many took its place; a fragment or a heartbeat has nothing to say yet
  end

  def close
    close_service
  end

  private

  def copy_of(event)
    copy = event.clone
    copy.set('[@metadata]', event.get('[@metadata]')) # not every Logstash clones it
    copy
  end

  # Returns the event. Under ECS the plain codec keeps a second one.
  def without_envelope(event, text)
    event.remove(source)
    event.remove('[event][original]') if event.get('[event][original]') == text
    event
  end

  def fail_with(event, reason)
    return event.cancel if on_failure == 'drop'
    event.set('[@metadata][nano]', 'reason' => reason.to_s)
    tag_on_failure.each { |tag| event.tag(tag) }
  end

  # Returns a binary String, or nil when the field does not hold what it should.
  def bytes_of(value)
    return nil unless value.is_a?(String) && !value.empty?
    case source_encoding
    when 'armor' then ::NanoDecrypt::Texts.armor?(value) ? value.b : nil
    when 'latin1' then latin1(value)
    when 'base64' then value.unpack1('m0')
    when 'hex' then value.match?(/\A(?:\h\h)+\z/) ? [value].pack('H*') : nil
    end
  rescue ArgumentError
    nil
  end

  # Java does this ten times faster than String#encode.
  def latin1(value)
    String.from_java_bytes(value.to_java(:string).getBytes(java.nio.charset.StandardCharsets::ISO_8859_1))
  end
end
