# encoding: utf-8
# frozen_string_literal: true

require 'nano_decrypt/constants'

module NanoDecrypt
  # One live session of a kid: its key, and which of its last 1,024 sequence numbers were seen.
  class Session
    WINDOW_BITS = 1024

    attr_reader :t0, :sid, :key, :proof
    # One more than the highest sequence number accepted.
    attr_accessor :next_seq
    # How far its latest send times were ahead of our clock, at most.
    attr_accessor :ahead_ms

    def initialize(t0, sid)
      @t0 = t0
      @sid = sid
      @next_seq = 0
      @ahead_ms = -Float::INFINITY
      @seen = Array.new(WINDOW_BITS, false)
      @restored = false
    end

    # Everything below next_seq counts as seen: which were, the state file does not say.
    def restore(next_seq)
      @next_seq = next_seq
      @seen.fill(true)
      @restored = true
    end

    def restored?
      @restored
    end

    # E and mac1 must not change within a session: the tag does not cover them.
    def use(key, proof)
      @key = key
      @proof = proof
      @restored = false
    end

    # :fresh, :duplicate or :replay
    def look_up(seq)
      return :fresh if seq >= @next_seq
      return :replay if @next_seq - seq > WINDOW_BITS
      @seen[seq % WINDOW_BITS] ? :duplicate : :fresh
    end

    # Marks a number that is fresh.
    def mark(seq)
      if seq - @next_seq >= WINDOW_BITS
        @seen.fill(false)
      else
        (@next_seq...seq).each { |skipped| @seen[skipped % WINDOW_BITS] = false }
      end
      @seen[seq % WINDOW_BITS] = true
      @next_seq = seq + 1 if seq >= @next_seq
    end
  end
end
