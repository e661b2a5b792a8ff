# encoding: utf-8
# frozen_string_literal: true

module NanoDecrypt
  # Reads MessagePack from strangers: values only, no extensions, within limits that the input cannot move. It never
  # allocates what a length claims. Source: github.com/msgpack/msgpack, spec.md, "Formats".
  class MessagePack
    MAX_ARRAY = 512
    MAX_MAP = 256
    MAX_STRING_BYTES = 64 * 1024
    MAX_NESTING = 8

    # A binary value: a record that is compressed alone.
    Binary = Struct.new(:bytes)

    class Fault < StandardError
      attr_reader :reason

      def initialize(reason)
        super(reason.to_s)
        @reason = reason
      end
    end

    # Raises Fault.
    def self.decode(bytes)
      new(bytes).only_value
    end

    def initialize(bytes)
      @bytes = bytes
      @at = 0
    end

    def only_value
      result = value(MAX_NESTING)
      fault(:trailing) if @at < @bytes.bytesize
      result
    end

    private

    def fault(reason)
      raise Fault, reason
    end

    def value(nesting)
      format = unsigned(1)
      return format if format <= 0x7f
      return map(format & 0x0f, nesting) if format <= 0x8f
      return array(format & 0x0f, nesting) if format <= 0x9f
      return string(format & 0x1f) if format <= 0xbf
      return format - 0x100 if format >= 0xe0
      tagged(format, nesting)
    end

    def tagged(format, nesting)
      case format
      when 0xc0 then nil
      when 0xc2 then false
      when 0xc3 then true
      when 0xc4..0xc6 then Binary.new(take(unsigned(1 << (format - 0xc4))))
      when 0xca then take(4).unpack1('g')
      when 0xcb then take(8).unpack1('G')
      when 0xcc..0xcf then unsigned(1 << (format - 0xcc))
      when 0xd0..0xd3 then signed(1 << (format - 0xd0))
      when 0xd9..0xdb then string(unsigned(1 << (format - 0xd9)))
      when 0xdc, 0xdd then array(unsigned(2 << (format - 0xdc)), nesting)
      when 0xde, 0xdf then map(unsigned(2 << (format - 0xde)), nesting)
      else fault(format == 0xc1 ? :reserved : :extension)
      end
    end

    def array(length, nesting)
      fault(:array_length) if length > MAX_ARRAY
      fault(:nesting) if nesting.zero?
      result = []
      result << value(nesting - 1) while result.length < length
      result
    end

    def map(length, nesting)
      fault(:map_length) if length > MAX_MAP
      fault(:nesting) if nesting.zero?
      result = {}
      length.times do
        key = value(0)
        fault(:key) if !key.is_a?(String) || key == '__proto__'
        result[key] = value(nesting - 1)
      end
      result
    end

    def string(length)
      fault(:string_length) if length > MAX_STRING_BYTES
      text = take(length).force_encoding(Encoding::UTF_8)
      text.valid_encoding? ? text : fault(:utf8)
    end

    def unsigned(length)
      case length
      when 1 then take(1).getbyte(0)
      when 2 then take(2).unpack1('n')
      when 4 then take(4).unpack1('N')
      else take(8).unpack1('Q>')
      end
    end

    def signed(length)
      number = unsigned(length)
      bits = length * 8
      number >= 1 << (bits - 1) ? number - (1 << bits) : number
    end

    def take(length)
      fault(:truncated) if @at + length > @bytes.bytesize
      @at += length
      @bytes.byteslice(@at - length, length)
    end
  end
end
