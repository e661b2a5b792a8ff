# encoding: utf-8
# frozen_string_literal: true

# Stand-ins for what a plugin sees of Logstash: small, ours, with the traps of the real ones.
require 'java'

module LogStash
  class ConfigurationError < StandardError; end
  class Error < StandardError; end
  module Codecs; end
  module Filters; end
  module Util; end
  module Plugins; end

  # Settings of the whole Logstash, by name.
  class Settings
    def initialize
      @values = { 'config.test_and_exit' => false }
    end

    def get(name)
      @values.fetch(name)
    end

    def set(name, value)
      @values[name] = value
    end
  end
  SETTINGS = Settings.new

  # A value that is not shown.
  class Util::Password
    attr_reader :value

    def initialize(value)
      @value = value
    end

    def to_s
      '<password>'
    end
  end

  class Timestamp
    attr_reader :time

    def self.at(seconds, microseconds = 0)
      new(Time.at(seconds, microseconds).utc)
    end

    def initialize(time)
      @time = time
    end

    def to_f
      @time.to_f
    end
  end

  # Fields by reference. As in the real one: a bad reference raises, so does one below a value that is no map; @timestamp takes
  # a Timestamp alone, @metadata and tags want a map and a list of strings.
  class Event
    REFERENCE = /\A(?:[^\[\],]+|(?:\[[^\[\],]+\])+)\z/.freeze

    def initialize(fields = {})
      @fields = { '@timestamp' => Timestamp.new(Time.now.utc), '@version' => '1', '@metadata' => {} }
      @cancelled = false
      fields.each { |name, value| set(name, value) }
    end

    def get(reference)
      path(reference).inject(@fields) { |at, name| at.is_a?(Hash) ? at[name] : nil }
    end

    def set(reference, value)
      *above, last = path(reference)
      check_value(reference, value)
      holder = above.inject(@fields) { |at, name| at.key?(name) ? map_of(at[name], reference) : (at[name] = {}) }
      holder[last] = value
    end

    def remove(reference)
      *above, last = path(reference)
      holder = above.inject(@fields) { |at, name| at.is_a?(Hash) ? at[name] : nil }
      holder.delete(last) if holder.is_a?(Hash)
    end

    # Without its metadata, as those of some Logstashes.
    def clone
      copy = Event.new
      to_hash.each { |name, value| copy.set(name, Marshal.load(Marshal.dump(value))) }
      copy
    end

    def timestamp
      @fields['@timestamp']
    end

    def timestamp=(value)
      set('@timestamp', value)
    end

    def tag(text)
      @fields['tags'] = (Array(@fields['tags']) + [text]).uniq
    end

    def cancel
      @cancelled = true
    end

    def cancelled?
      @cancelled
    end

    def to_hash
      @fields.reject { |name, _| name == '@metadata' }
    end

    private

    def path(reference)
      raise ArgumentError, "Invalid FieldReference: `#{reference}`" unless REFERENCE.match?(reference)
      reference.start_with?('[') ? reference.scan(/\[([^\]]+)\]/).flatten : [reference]
    end

    def map_of(value, reference)
      value.is_a?(Hash) ? value : raise(java.lang.RuntimeException.new("Could not set field '#{reference}'"))
    end

    def check_value(reference, value)
      raise java.lang.ClassCastException.new("#{value.class} for @timestamp") if reference == '@timestamp' && !value.is_a?(Timestamp)
      raise java.lang.ClassCastException.new("#{value.class} for @metadata") if ['@metadata', '[@metadata]'].include?(reference) && !value.is_a?(Hash)
      strings = value.is_a?(Array) && value.all? { |each| each.is_a?(String) }
      raise java.lang.ClassCastException.new("#{value.class} for tags") if reference == 'tags' && !strings
    end
  end

  # Counts by name, gauges by path: those of all namespaces stand together.
  class Metric
    attr_reader :counts, :gauges

    def initialize(path = [], counts = Hash.new(0), gauges = {}, lock = Mutex.new)
      @path = path
      @counts = counts
      @gauges = gauges
      @lock = lock
    end

    def namespace(names)
      Metric.new(@path + Array(names), @counts, @gauges, @lock)
    end

    def increment(name, count = 1)
      @lock.synchronize { @counts[name.to_sym] += count }
    end

    def gauge(name, value)
      @lock.synchronize { @gauges[[*@path, name].join('.')] = value }
    end
  end

  class Log
    attr_reader :lines

    def initialize
      @lines = []
    end

    %i[debug info warn error].each { |level| define_method(level) { |text, *_| @lines << [level, text] } }
  end

  # Options as Logstash reads them: unknown ones and values of another kind stop the start.
  class Plugin
    class << self
      def config(name, options = {})
        (@options ||= {})[name.to_s] = options
        attr_reader name
      end

      def options
        own = (@options ||= {})
        superclass.respond_to?(:options) ? superclass.options.merge(own) : own
      end

      def config_name(_name); end
    end

    config :ecs_compatibility, :validate => :string
    attr_reader :params, :logger, :metric, :execution_context

    def initialize(params = {})
      @params = params
      @logger = Log.new
      @metric = Metric.new
      stranger = (params.keys - self.class.options.keys).first
      raise ConfigurationError, "Unknown setting '#{stranger}'" if stranger
      self.class.options.each { |name, options| read(name, options) }
    end

    def ecs_compatibility
      (@params['ecs_compatibility'] || 'disabled').to_sym
    end

    private

    def read(name, options)
      return if name == 'ecs_compatibility'
      value = @params.fetch(name, options[:default])
      value = Array(value).map { |text| Util::Password.new(text) } if options[:validate] == :password && !value.nil?
      allowed = options[:validate]
      raise ConfigurationError, "#{name}: expected one of #{allowed}" if allowed.is_a?(Array) && !allowed.include?(value)
      raise ConfigurationError, "#{name}: no such file" if allowed == :path && value && !File.exist?(value)
      instance_variable_set("@#{name}", value)
    end
  end

  # A plugin knows its pipeline before it is initialized.
  module Plugins::Contextualizer
    def self.initialize_plugin(context, plugin_class, *args)
      plugin = plugin_class.allocate
      plugin.instance_variable_set(:@execution_context, context)
      plugin.send(:initialize, *args)
      plugin
    end
  end
end
