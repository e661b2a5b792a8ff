# encoding: utf-8
# frozen_string_literal: true

require 'digest'
require 'nano_decrypt/registry'
require 'nano_decrypt/receiver'
require 'nano_decrypt/messagepack'
require 'nano_decrypt/gelf'
require 'nano_decrypt/tally'

module NanoDecrypt
  # From a datagram to records with plain names. Names no constant of Logstash.
  class Opener
    MAX_BATCH_BYTES = 256 * 1024
    DICTIONARY = File.binread(File.join(__dir__, 'dictionary-1.bin')).to_java_bytes
    # records: Hashes; refused: Symbols, one for each record, datagram or batch that was given up
    Result = Struct.new(:records, :refused)

    # given_up: counts messages whose chunks did not all come
    def initialize(receiver, max_records: MessagePack::MAX_ARRAY, max_inflated: MAX_BATCH_BYTES, given_up: Tally.new)
      @receiver = receiver
      @max_records = max_records
      @max_inflated = max_inflated
      @gelf = Gelf.new { |reason| given_up.add(reason) }
    end

    # bytes: binary String, one datagram or its armor. Never raises on bytes.
    def open(bytes, now_ms)
      datagram = Texts.armor?(bytes) ? Texts.dearmor(bytes) : bytes
      return Result.new([], [:armor]) if datagram.nil?
      message = @receiver.receive(datagram, now_ms)
      return Result.new([], message == :pending ? [] : [message]) if message.is_a?(Symbol)
      expand(message, now_ms)
    end

    private

    def expand(message, now_ms)
      case message.type
      when TYPE_GELF then expand_gelf(message, now_ms)
      when TYPE_BATCH then expand_batch(message)
      else Result.new([], [])
      end
    end

    # A chunk does not say which host its message names.
    def expand_gelf(message, now_ms)
      return Result.new([], [:host_chunk]) if message.hosts && Gelf.chunk?(message.body)
      record = @gelf.read(message.body, message.kid, now_ms)
      return Result.new([], []) if record.nil?
      return Result.new([], [record]) if record.is_a?(Symbol)
      allowed?(message, record) ? Result.new([decorate(record, message, 0)], []) : Result.new([], [:host])
    end

    def expand_batch(message)
      records, refused = [], []
      decode(message.body).each_with_index do |record, index|
        allowed?(message, record) ? records << decorate(record, message, index) : refused << :host
      end
      Result.new(records, refused)
    rescue MessagePack::Fault => fault
      Result.new([], [fault.reason])
    end

    # Half a batch would hide a sender's bug: one bad record refuses all.
    def decode(body)
      elements = MessagePack.decode(body)
      raise MessagePack::Fault, :not_array unless elements.is_a?(Array)
      raise MessagePack::Fault, :array_length if elements.length > @max_records
      budget = @max_inflated
      elements.map do |element|
        if element.is_a?(MessagePack::Binary)
          inflated = inflate(element.bytes, budget)
          budget -= inflated.bytesize
          element = MessagePack.decode(inflated)
        end
        raise MessagePack::Fault, :not_record unless element.is_a?(Hash) && !binary?(element)
        element
      end
    end

    def inflate(bytes, budget)
      result = budget < 1 ? :too_long : Inflate.stream(bytes, budget, DICTIONARY)
      raise MessagePack::Fault, (result == :too_long ? :inflated_too_long : :dict) if result.is_a?(Symbol)
      result
    end

    def binary?(value)
      case value
      when Hash then value.each_value.any? { |each| binary?(each) }
      when Array then value.any? { |each| binary?(each) }
      else value.is_a?(MessagePack::Binary)
      end
    end

    def allowed?(message, record)
      message.hosts.nil? || message.hosts.include?(record['host'])
    end

    # What the receiver vouches for: a sender's own values of these names are overwritten.
    def decorate(record, message, index)
      record.reject { |name, _| ORIGIN.include?(name) }.merge(
        'envelope' => message.stale ? 'stale' : 'opened', 'probe' => message.name, 'kid' => message.kid,
        'seq' => message.seq, 'record_id' => record_id(message, index)
      )
    end

    def record_id(message, index)
      name = [message.kid, message.t0, message.sid, message.seq, index].pack('N5')
      Texts.encode64(Digest::SHA256.digest(name)[0, 15])
    end
  end
end
