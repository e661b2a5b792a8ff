# encoding: utf-8
# frozen_string_literal: true

require 'digest'

module NanoDecrypt
  # What must survive a restart, as bytes (docs/envelope.md, section 6).
  module State
    MAGIC = 'nanost01'
    RECORD_BYTES = 40
    NO_LEAD = -0x8000_0000_0000
    Record = Struct.new(:kid, :floor, :t0, :sid, :next_seq, :lead_ms)

    class Damaged < StandardError; end

    module_function

    def format(saved_ms, records)
      head = MAGIC.b + [0, saved_ms >> 32, saved_ms & 0xffff_ffff, records.length, 0].pack('nnNNN')
      body = records.map { |record| format_record(record) }.join
      head + check(head, body) + body
    end

    # Returns [saved_ms, records]. Raises Damaged for bytes that are cut, changed or of another version.
    def parse(bytes)
      raise Damaged if bytes.bytesize < RECORD_BYTES || bytes.bytesize % RECORD_BYTES != 0
      head = bytes[0, 24]
      body = bytes[RECORD_BYTES..-1]
      raise Damaged unless head[0, 10] == MAGIC.b + "\0\0".b && check(head, body) == bytes[24, 16]
      _, high, low, count, = head[8..-1].unpack('nnNNN')
      raise Damaged unless count == body.bytesize / RECORD_BYTES
      [(high << 32) | low, (0...count).map { |index| parse_record(body[index * RECORD_BYTES, RECORD_BYTES]) }]
    end

    def check(head, body)
      Digest::SHA512.digest(head + body)[0, 16]
    end

    def format_record(record)
      lead = record.lead_ms == -Float::INFINITY ? NO_LEAD : record.lead_ms.ceil
      lead &= 0xffff_ffff_ffff
      [record.kid, record.floor, record.t0, record.sid, record.next_seq, lead >> 32, lead & 0xffff_ffff].pack('N5nN') + ("\0" * 14)
    end

    def parse_record(bytes)
      kid, floor, t0, sid, next_seq, high, low = bytes.unpack('N5nN')
      lead = (high << 32) | low
      lead -= 1 << 48 if lead >= 1 << 47
      Record.new(kid, floor, t0, sid, next_seq, lead == NO_LEAD ? -Float::INFINITY : lead)
    end
  end
end
