# encoding: utf-8
# frozen_string_literal: true

require 'json'
require 'nano_decrypt/inflate'

module NanoDecrypt
  # One GELF datagram: chunks, compression, JSON (GELF 1.1). Symbols say why something is none.
  class Gelf
    OWN = %w[version host short_message full_message timestamp level].freeze
    MAX_BYTES = 256 * 1024
    MAX_DEPTH = 16
    CHUNK_HEADER_BYTES = 12
    MAX_CHUNKS = 128
    CHUNK_AGE_MS = 5_000
    MAX_MESSAGES = 1_024
    MAX_HELD_BYTES = 16 * 1024 * 1024
    MAX_MESSAGE_BYTES = 1024 * 1024
    NOT_ALLOWED = /[^\w.-]/.freeze # in a name
    # An escape, with what it escapes: a pair of surrogates, one that is alone, anything else. Source: RFC 8259, section 7
    ESCAPE = /\\(?:u[dD][89abAB]\h\h\\u[dD][c-fC-F]\h\h|(u[dD][89a-fA-F]\h\h)|.)/.freeze
    SURROGATE = /\\u[dD][89a-fA-F]/.freeze
    Unfinished = Struct.new(:since_ms, :slices, :missing, :bytes)

    def self.chunk?(bytes)
      bytes.getbyte(0) == 0x1e && bytes.getbyte(1) == 0x0f
    end

    # The block is told of each message that is given up, other than the one at hand.
    def initialize(&on_drop)
      @on_drop = on_drop
      @open = {}
      @held = 0
      @lock = Mutex.new
    end

    # Returns the record with plain names, a Symbol, or nil while chunks are missing. What is no JSON is mostly refused: Ruby takes
    # comments, and escapes of any letter, and to look for them costs as much as to read.
    def read(datagram, source, now_ms)
      message = Gelf.chunk?(datagram) ? @lock.synchronize { add_chunk(datagram, source, now_ms) } : datagram
      message.is_a?(String) ? Gelf.read_message(message) : message
    end

    def self.read_message(bytes)
      plain = inflate(bytes)
      return plain if plain.is_a?(Symbol)
      record_of(JSON.parse(text_of(plain), max_nesting: MAX_DEPTH))
    rescue JSON::NestingError
      :depth
    rescue JSON::ParserError
      :not_json
    end

    # Senders over TCP end a message with a NUL. What is no character, half a pair of surrogates too, becomes U+FFFD.
    def self.text_of(bytes)
      bytes = bytes.byteslice(0, bytes.bytesize - 1) if bytes.end_with?("\0")
      text = bytes.dup.force_encoding(Encoding::UTF_8).scrub
      return text unless text.include?('\u') && SURROGATE.match?(text) # the first look is the cheap one
      text.gsub(ESCAPE) { |escape| Regexp.last_match(1) ? '\ufffd' : escape }
    end

    def self.inflate(bytes)
      first = bytes.getbyte(0)
      second = bytes.getbyte(1)
      return named(Inflate.gzip(bytes, MAX_BYTES)) if first == 0x1f && second == 0x8b
      zlib = second && first & 15 == 8 && (first * 256 + second) % 31 == 0
      return named(Inflate.stream(bytes, MAX_BYTES)) if zlib
      bytes.bytesize > MAX_BYTES ? :inflated_too_long : bytes
    end

    def self.named(result)
      { damaged: :inflate, too_long: :inflated_too_long }.fetch(result, result)
    end

    def self.record_of(message)
      return :not_object unless message.is_a?(Hash)
      fault_of(message) || plain(message)
    end

    def self.fault_of(message)
      return :version unless [nil, '1.1', '1.0'].include?(message['version'])
      return :host unless text?(message['host'])
      return :short_message unless text?(message['short_message'])
      %w[timestamp level].each { |name| return name.to_sym unless number?(message[name]) }
      nil
    end

    def self.text?(value)
      value.is_a?(String) && !value.empty?
    end

    def self.number?(value)
      value.nil? || (value.is_a?(Integer) && value.bit_length < 1024) || (value.is_a?(Float) && value.finite?)
    end

    def self.plain(message)
      message.each_with_object({}) { |(name, value), record| record[plain_name(name)] = value unless name == 'version' }
    end

    # Without the underscore that GELF puts before all but its own, and named as the relay names it: a sender must not be able
    # to say `_host` for `host`.
    def self.plain_name(name)
      return 'id' if name == '_id_'
      allowed = name.match?(NOT_ALLOWED) ? name.gsub(NOT_ALLOWED, '_') : name
      plain = allowed.start_with?('_') ? allowed[1..-1] : allowed
      return 'proto' if plain == '__proto__'
      plain.empty? || (plain != allowed && OWN.include?(plain)) ? allowed : plain
    end

    private

    def add_chunk(chunk, source, now_ms)
      expire(now_ms)
      index = chunk.getbyte(10)
      count = chunk.getbyte(11)
      return :chunk_header if count.nil? || index >= count || count > MAX_CHUNKS
      id = [source, chunk.byteslice(2, 8)]
      message = @open[id] || start(id, count, now_ms)
      slice = chunk.byteslice(CHUNK_HEADER_BYTES..-1)
      return :chunk_conflict if message.slices.length != count || (message.slices[index] && message.slices[index] != slice)
      return nil if message.slices[index]
      put(id, message, index, slice)
    end

    def start(id, count, now_ms)
      give_up_oldest(:chunk_limit) if @open.length >= MAX_MESSAGES
      @open[id] = Unfinished.new(now_ms, Array.new(count), count, 0)
    end

    def put(id, message, index, slice)
      if message.bytes + slice.bytesize > MAX_MESSAGE_BYTES
        forget(id)
        return :chunk_limit
      end
      message.slices[index] = slice
      message.missing -= 1
      message.bytes += slice.bytesize
      @held += slice.bytesize
      return forget(id).slices.join if message.missing.zero?
      give_up_oldest(:chunk_limit) while @held > MAX_HELD_BYTES
      nil
    end

    def expire(now_ms)
      give_up_oldest(:chunk_expired) while @open.any? && now_ms - @open.first.last.since_ms > CHUNK_AGE_MS
    end

    def give_up_oldest(reason)
      forget(@open.first.first)
      @on_drop.call(reason)
    end

    def forget(id)
      message = @open.delete(id)
      @held -= message.bytes
      message
    end
  end
end
