# encoding: utf-8
# frozen_string_literal: true

module NanoDecrypt
  # From a record with plain names to fields that a Logstash event takes. Names no constant of Logstash.
  class EventFields
    # Seconds: the year 9999 ends here.
    MAX_TIMESTAMP = 253_402_300_799
    Fields = Struct.new(:values, :timestamp, :refused)

    def initialize(strip_leading_underscore: true, remap: true, ecs: false)
      @strip = strip_leading_underscore
      @remap = remap
      @ecs = ecs
    end

    # Returns the fields by the reference that sets them, the time in seconds or nil, and how many names were refused.
    def of(record)
      values = {}
      refused = 0
      record.each do |name, value|
        value = finite(value)
        next if name == 'timestamp' || value.nil?
        name.empty? || name.start_with?('@') ? refused += 1 : values[reference(name)] = value
      end
      remap(values, record) if @remap
      values['tags'] = strings(values['tags']) if values.key?('tags')
      Fields.new(values, timestamp(record['timestamp']), refused)
    end

    private

    # What is no number cannot be said in JSON: one such field would cost an output its whole batch.
    def finite(value)
      case value
      when Float then value.finite? ? value : nil
      when Array then value.map { |each| finite(each) }
      when Hash then value.transform_values { |each| finite(each) }
      else value
      end
    end

    # Brackets would be read as a path; `host` has its place in ECS.
    def reference(name)
      return '[host][name]' if @ecs && name == 'host'
      plain = name.tr('[]', '()')
      return plain if @strip || Gelf::OWN.include?(name)
      name == 'id' ? '_id_' : "_#{plain}" # GELF, and Elasticsearch, have another use for _id
    end

    # As input-gelf does: the longer text is the message.
    def remap(values, record)
      text = text_of(record['full_message']) || text_of(record['short_message'])
      return if text.nil?
      values['message'] = text
      values.delete('short_message')
      values.delete('full_message')
    end

    def text_of(value)
      value.is_a?(String) && !value.empty? ? value : nil
    end

    # An event's tags must be a list of strings.
    def strings(value)
      Array(value).map(&:to_s)
    end

    def timestamp(value)
      (value.is_a?(Integer) || value.is_a?(Float)) && value.between?(0, MAX_TIMESTAMP) ? value : nil
    end
  end
end
