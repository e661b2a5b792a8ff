# encoding: utf-8
# frozen_string_literal: true

module NanoDecrypt
  # What one kid may send in a second: two token buckets.
  class Rate
    def initialize(packets_per_s, bytes_per_s)
      @packets_per_s = packets_per_s
      @bytes_per_s = bytes_per_s
      @packets = packets_per_s.to_f
      @bytes = bytes_per_s.to_f
      @filled_ms = 0
    end

    # Returns nil, or which limit the datagram is beyond.
    def take(bytes, now_ms)
      refill(now_ms)
      return :rate_packets if @packets < 1
      return :rate_bytes if @bytes < bytes
      @packets -= 1
      @bytes -= bytes
      nil
    end

    private

    # A clock set back refills nothing, and the next interval counts from there.
    def refill(now_ms)
      seconds = [1.0, [0.0, (now_ms - @filled_ms) / 1000.0].max].min
      @filled_ms = now_ms
      @packets = [@packets_per_s, @packets + seconds * @packets_per_s].min
      @bytes = [@bytes_per_s, @bytes + seconds * @bytes_per_s].min
    end
  end
end
