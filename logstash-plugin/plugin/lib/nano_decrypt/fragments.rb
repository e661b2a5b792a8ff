# encoding: utf-8
# frozen_string_literal: true

require 'nano_decrypt/constants'

module NanoDecrypt
  # Puts fragments together, within bounds that no sender can move (docs/envelope.md, section 5).
  class Fragments
    MAX_OPEN_PER_KID = 4
    MAX_BYTES_IN_ALL = 64 << 20
    MAX_AGE_MS = 5_000
    # What an open message costs before its first byte, so that many small ones are bounded too.
    OPEN_COST_BYTES = 4_096
    Message = Struct.new(:id, :kid, :slices, :since_ms, :missing, :bytes)

    # The block is told of each message that is given up, other than the one at hand.
    def initialize(&on_drop)
      @on_drop = on_drop
      @open = {} # by age: a Hash keeps the order of insertion
      @by_kid = Hash.new { |hash, kid| hash[kid] = [] }
      @bytes_in_all = 0
    end

    # Returns the whole message (type and body), a Symbol that says why it is refused, or nil while some are missing.
    def add(kid, t0, sid, seq, body, now_ms)
      expire(now_ms)
      index = body.getbyte(0)
      count = body.getbyte(1)
      return :fragment_invalid if index.nil? || count.nil? || count < 2 || index >= count || index > seq
      slice = body[FRAGMENT_HEADER_BYTES..-1]
      return :fragment_invalid if slice.empty? || (index.zero? && !NanoDecrypt.inner_type?(slice.getbyte(0)))
      message = message_of([kid, t0, sid, seq - index], kid, count, now_ms)
      if message.slices.length != count || message.slices[index]
        remove(message)
        return :fragment_conflict
      end
      put(message, index, slice)
    end

    private

    def message_of(id, kid, count, now_ms)
      found = @open[id]
      return found if found
      give_up(@by_kid[kid].first, :fragment_limit) if @by_kid[kid].length == MAX_OPEN_PER_KID
      message = Message.new(id, kid, Array.new(count), now_ms, count, 0)
      @open[id] = message
      @by_kid[kid] << message
      @bytes_in_all += OPEN_COST_BYTES
      message
    end

    def put(message, index, slice)
      if message.bytes + slice.bytesize > MAX_MESSAGE_BYTES
        remove(message)
        return :fragment_limit
      end
      message.slices[index] = slice
      message.missing -= 1
      message.bytes += slice.bytesize
      @bytes_in_all += slice.bytesize
      if message.missing.zero?
        remove(message)
        return message.slices.join
      end
      enforce_limits(message)
      nil
    end

    def enforce_limits(current)
      siblings = @by_kid[current.kid]
      give_up(siblings.find { |other| !other.equal?(current) }, :fragment_limit) while siblings.sum(&:bytes) > MAX_MESSAGE_BYTES
      give_up(@open.first.last, :fragment_limit) while @bytes_in_all > MAX_BYTES_IN_ALL
    end

    def expire(now_ms)
      while (pair = @open.first) && now_ms - pair.last.since_ms > MAX_AGE_MS
        give_up(pair.last, :fragment_expired)
      end
    end

    def give_up(message, reason)
      remove(message)
      @on_drop.call(reason)
    end

    def remove(message)
      @open.delete(message.id)
      @bytes_in_all -= message.bytes + OPEN_COST_BYTES
      siblings = @by_kid[message.kid]
      siblings.delete_if { |other| other.equal?(message) }
      @by_kid.delete(message.kid) if siblings.empty?
    end
  end
end
