# encoding: utf-8
# frozen_string_literal: true

require 'nano_decrypt/service'
require 'nano_decrypt/event_fields'
require 'nano_decrypt/charset'
require 'nano_decrypt/options'
require 'nano_decrypt/lifetime'

module NanoDecrypt
  # What codec and filter share: options, and events out of records.
  module Plugin
    LINE_EVERY_S = 60

    def self.included(plugin)
      Options.shared(plugin)
    end

    # Raises LogStash::ConfigurationError: which option, what was read, what is allowed.
    def open_service
      @fields = EventFields.new(strip_leading_underscore: strip_leading_underscore, remap: remap, ecs: ecs_compatibility != :disabled)
      @service = nil
      @next_line = Hash.new(0)
      @warned_of_charset = false
      @under = target && bracketed(target)
      @lifetime = Lifetime.new(execution_context && execution_context.pipeline)
      trial? ? Service.check(settings) : @service = Service.acquire(settings, self)
    rescue Crypto::Unusable => error
      raise LogStash::ConfigurationError, "nano_decrypt: #{error.message}"
    rescue RegistryError, SystemCallError => error
      raise LogStash::ConfigurationError, "nano_decrypt: #{keys ? 'keys' : "keys_path #{keys_path}"}: #{error.message}"
    rescue StateLock::Refused => error
      raise LogStash::ConfigurationError, "nano_decrypt: state_path #{state_path}: #{error.message}; expected a file of its own"
    rescue State::Damaged
      raise LogStash::ConfigurationError, "nano_decrypt: state_path #{state_path} is damaged; to start without it, so that " \
                                          "what was received before could pass again, remove it"
    end

    def close_service
      @service.release(self) if @service
      @service = nil
    end

    def over?
      @lifetime.over?
    end

    # Nobody closes a codec: one lasts as long as another of the same pipeline.
    def as_long_as?(other)
      [self, other].all? { |plugin| plugin.respond_to?(:decode) } && @lifetime.same?(other.lifetime)
    end

    # text: what the bytes were made from, one character each, or nil
    # Returns the events, one for each record, and the reasons why something was refused. The block gives the event that a
    # record goes into, and is told how many there are; without one all are new.
    def open_events(bytes, text = nil)
      guarded([[], [:internal]]) do
        result = @service.open(bytes)
        refused = count(result, bytes, text)
        records = result.records
        [records.map { |record| fill(block_given? ? yield(records.length) : LogStash::Event.new, record) }, refused]
      end
    end

    # Returns an event for each probe that lost something, when it is time to say so.
    def report_events
      guarded([]) { @service.due_reports.map { |record| fill(LogStash::Event.new, record) } }
    end

    protected

    attr_reader :lifetime

    private

    # An exception that gets out stops the pipeline: what is wrong with our own code costs one datagram instead.
    def guarded(otherwise)
      yield
    rescue StandardError => error # Java's exceptions are among them, its errors are not
      nano_metric(:internal, 1)
      seldom(:error) { logger.error("nano_decrypt: #{error.class} while a datagram was opened; all are counted as internal") }
      otherwise
    end

    # Returns why something was refused.
    def count(result, bytes, text)
      change = result.records.empty? && result.refused.any? ? Charset.change(bytes, text) : nil
      refused = change ? [:charset] : result.refused
      nano_metric(:records, result.records.length)
      refused.each { |reason| nano_metric(reason, 1) }
      if change then warn_of_charset(change)
      elsif refused.any? then warn_of(refused.first)
      end
      refused
    end

    # Made beside a plugin that runs, to see whether the configuration can be: what that one keeps must be left alone.
    def trial?
      LogStash::SETTINGS.get('config.test_and_exit') || @lifetime.trial?
    end

    def settings
      Service::Settings.new(
        key_lines, keys_path, state_path, clock, on_stale == 'drop',
        number(:max_records), number(:max_inflated), number(:refresh_interval), number(:report_interval)
      )
    end

    def key_lines
      raise LogStash::ConfigurationError, 'nano_decrypt: expected keys or keys_path, and not both' if keys.nil? == keys_path.nil?
      keys && keys.map(&:value)
    end

    def number(name)
      least, most = Options::RANGES.fetch(name)
      value = public_send(name)
      return value if value.between?(least, most)
      raise LogStash::ConfigurationError, "nano_decrypt: #{name} #{value}: expected #{least} to #{most}"
    end

    # Returns the event.
    def fill(event, record)
      fields = @fields.of(record)
      fields.values.each { |reference, value| put(event, @under ? @under + bracketed(reference) : reference, value) }
      event.timestamp = time_of(fields.timestamp) if fields.timestamp
      event.tag('_nano_stale') if record['envelope'] == 'stale'
      nano_metric(:field_name, fields.refused)
      event
    end

    # An event has tags already, or a text where a record has fields below: to set one there raises.
    def put(event, reference, value)
      return value.each { |tag| event.tag(tag) } if reference == 'tags'
      above = reference[/\A(\[[^\[\]]+\])\[/, 1]
      event.remove(above) unless above.nil? || event.get(above).is_a?(Hash)
      event.set(reference, value)
    end

    def bracketed(reference)
      reference.start_with?('[') ? reference : "[#{reference}]"
    end

    def time_of(seconds)
      whole = seconds.floor
      LogStash::Timestamp.at(whole, ((seconds - whole) * 1_000_000).round)
    end

    # They show under _node/stats/pipelines.
    def nano_metric(name, count)
      metric.namespace(:nano).increment(name, count) if count > 0 && metric
    end

    # One line a minute at most: a flood of bad datagrams must not become a flood of lines.
    def seldom(kind)
      now = java.lang.System.nanoTime / 1e9
      return if now < @next_line[kind]
      @next_line[kind] = now + LINE_EVERY_S
      yield
    end

    def warn_of(reason)
      seldom(:warning) do
        logger.warn("nano_decrypt: a datagram was refused: #{reason} (#{REFUSALS[reason] || 'its content'}); all are counted " \
                    'under nano in the statistics of the pipeline')
      end
    end

    # It is the configuration's fault, and stays so: once is enough.
    def warn_of_charset(change)
      return if @warned_of_charset
      @warned_of_charset = true
      logger.warn("nano_decrypt: #{Charset::CHANGES.fetch(change)}. All such are counted as charset under nano in the statistics of " \
                  'the pipeline')
    end
  end
end
