# encoding: utf-8
# frozen_string_literal: true

module NanoDecrypt
  # Counts by name, from any thread.
  class Tally
    def initialize
      @lock = Mutex.new
      @counts = Hash.new(0)
    end

    def add(name)
      @lock.synchronize { @counts[name] += 1 }
    end

    # Returns the counts since the last call; 0 for any other name.
    def take
      @lock.synchronize do
        taken = @counts
        @counts = Hash.new(0)
        taken
      end
    end
  end
end
