# encoding: utf-8
# frozen_string_literal: true

require 'nano_decrypt/constants'

module NanoDecrypt
  # The datagram at hand: what its bytes say, and what the receiver has found out about it (docs/envelope.md, sections 2 and 4).
  class Frame
    SMALLEST = { SUITE_PSK => 47, SUITE_SEALED => 87 }.freeze
    MIN_BOX_BYTES = SMALLEST[SUITE_PSK] - HEADER_BYTES

    attr_reader :bytes, :now_ms, :number, :suite, :t0, :sid, :seq, :type, :sent_ms
    attr_accessor :kid, :session, :key, :stale

    def initialize(bytes, now_ms)
      @bytes = bytes
      @now_ms = now_ms
    end

    # Returns nil, or why the bytes are no envelope.
    def read_header
      return :short if bytes.bytesize < SMALLEST[SUITE_PSK]
      return :long if bytes.bytesize > MAX_DATAGRAM_BYTES
      return :magic if bytes.getbyte(0) != MAGIC
      return :version if bytes.getbyte(1) >> 4 != VERSION
      @suite = bytes.getbyte(1) & 0x0f
      smallest = SMALLEST[suite]
      return :suite if smallest.nil?
      return :short if bytes.bytesize < smallest
      @number, @t0, @sid, @seq = bytes.byteslice(KID_AT, 16).unpack('N4')
      nil
    end

    def header
      bytes.byteslice(0, HEADER_BYTES)
    end

    def prefix
      bytes.byteslice(0, SESSION_PREFIX_BYTES)
    end

    def sealed?
      suite == SUITE_SEALED
    end

    def ephemeral
      bytes.byteslice(HEADER_BYTES, EPHEMERAL_BYTES)
    end

    def mac1
      bytes.byteslice(HEADER_BYTES + EPHEMERAL_BYTES, MAC1_BYTES)
    end

    # E and mac1
    def proof
      sealed? ? bytes.byteslice(HEADER_BYTES, PROOF_BYTES) : ''
    end

    # The tag and the ciphertext.
    def box
      bytes.byteslice(SMALLEST[suite] - MIN_BOX_BYTES..-1)
    end

    # plain: what was in the box. Returns nil, or why it is not as it should be.
    def read_plain(plain)
      @plain = plain
      @type, dms, @length = plain.unpack('CNn')
      return :type unless [TYPE_HEARTBEAT, TYPE_FRAGMENT].include?(type) || NanoDecrypt.inner_type?(type)
      past = INNER_BYTES + @length
      return :body_length if past > plain.bytesize || (type == TYPE_HEARTBEAT && @length > 0)
      return :padding unless plain.byteslice(past..-1).count("^\0").zero?
      @sent_ms = t0 * 1000 + dms
      nil
    end

    def body
      @plain.byteslice(INNER_BYTES, @length)
    end
  end

  def self.inner_type?(type)
    [TYPE_GELF, TYPE_BATCH].include?(type & ~DEFLATED)
  end
end
