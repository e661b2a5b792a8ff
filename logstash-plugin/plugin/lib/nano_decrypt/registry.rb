# encoding: utf-8
# frozen_string_literal: true

require 'json'
require 'time'
require 'nano_decrypt/texts'

# A receiver's registry: JSON lines (docs/envelope.md, section 7). A file with any mistake is refused as a whole.
module NanoDecrypt
  class RegistryError < StandardError; end

  class Registry
    Row = Struct.new(:kid, :name, :suite, :key, :hosts, :not_before, :not_after, :revoked)

    HEAD_FIELDS = %w[registry master secret].freeze
    ROW_FIELDS = %w[kid name suite key hosts not_before not_after revoked].freeze
    NAME = /\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z/.freeze
    TIME = /\A\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z\z/.freeze
    MAX_ROWS = 100_000
    MAX_HOSTS = 64

    attr_reader :master, :secret, :rows

    # Raises RegistryError: the line, the field and what is allowed, never a key.
    def self.parse(text)
      new(text)
    end

    def initialize(text)
      @rows = []
      @kids = {}
      @keys = {}
      head = false
      text.each_line.with_index(1) do |line, number|
        content = line.strip
        next if content.empty? || content.start_with?('#')
        @line = number
        head ? add_row(object(content, ROW_FIELDS)) : read_head(object(content, HEAD_FIELDS))
        head = true
      end
      @line = 1
      fail!('expected {"registry":1, …} as the first line') unless head
    end

    private

    def fail!(message)
      raise RegistryError, "line #{@line}: #{message}"
    end

    def object(text, known)
      value = JSON.parse(text)
      fail!('expected one JSON object on the line') unless value.is_a?(Hash)
      stranger = (value.keys - known).first
      fail!("unknown field #{stranger.to_json}: allowed are #{known.join(', ')}") if stranger
      value
    rescue JSON::ParserError
      fail!('expected one JSON object on the line')
    end

    def read_head(fields)
      fail!('registry: expected 1') unless fields['registry'] == 1
      @master = key(fields, 'master', :master)
      @secret = key(fields, 'secret', :secret)
    end

    def key(fields, field, kind)
      return nil unless fields.key?(field)
      Texts.parse_key(kind, fields[field]) || fail!("#{field}: expected a key that begins with #{KEY_PREFIXES.fetch(kind)}")
    end

    def add_row(fields)
      fail!("more than #{MAX_ROWS} kids") if @rows.length == MAX_ROWS
      row = Row.new(kid(fields), name(fields), suite(fields), nil, hosts(fields))
      row.key = key(fields, 'key', row.suite == 'sealed' ? :probe : :psk)
      row.not_before = time(fields, 'not_before')
      row.not_after = time(fields, 'not_after')
      row.revoked = time(fields, 'revoked')
      check_usable(row)
      check_unique(row)
      @rows << row
    end

    def kid(fields)
      value = fields['kid']
      right = value.is_a?(Integer) && value.between?(MIN_KID, MAX_KID)
      right ? value : fail!("kid: expected a number from #{MIN_KID} to #{MAX_KID}")
    end

    def name(fields)
      value = fields['name']
      value.is_a?(String) && NAME.match?(value) ? value : fail!('name: expected 1 to 64 of A-Z a-z 0-9 . _ -')
    end

    def suite(fields)
      %w[psk sealed].include?(fields['suite']) ? fields['suite'] : fail!('suite: expected "psk" or "sealed"')
    end

    def hosts(fields)
      return nil unless fields.key?('hosts')
      value = fields['hosts']
      right = value.is_a?(Array) && value.length.between?(1, MAX_HOSTS) &&
              value.all? { |host| host.is_a?(String) && host.length.between?(1, 255) }
      right ? value : fail!("hosts: expected 1 to #{MAX_HOSTS} host names in a list")
    end

    def time(fields, field)
      return nil unless fields.key?(field)
      value = fields[field]
      seconds = value.is_a?(String) && TIME.match?(value) ? seconds_of(value) : nil
      seconds || fail!("#{field}: expected a UTC time such as \"2027-01-31T00:00:00Z\"")
    end

    # nil for a day that does not exist
    def seconds_of(text)
      time = Time.iso8601(text).utc
      time.strftime('%Y-%m-%dT%H:%M:%SZ') == text ? time.to_i : nil
    rescue ArgumentError
      nil
    end

    def check_usable(row)
      if row.not_before && row.not_after && row.not_before >= row.not_after
        fail!('not_after: expected a time after not_before')
      end
      return if row.revoked
      fail!("key: missing, expected the probe's public key") if row.suite == 'sealed' && row.key.nil?
      fail!('suite: sealed needs the secret on the first line') if row.suite == 'sealed' && @secret.nil?
      fail!('key: missing, and the first line has no master to derive it from') if row.suite == 'psk' && row.key.nil? && @master.nil?
    end

    def check_unique(row)
      fail!("kid: #{row.kid} is already on line #{@kids[row.kid]}, and a kid has one row") if @kids[row.kid]
      fail!("key: the same as on line #{@keys[row.key]}, and a key has one kid") if row.key && @keys[row.key]
      @kids[row.kid] = @line
      @keys[row.key] = @line if row.key
    end
  end
end
