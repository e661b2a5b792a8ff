# encoding: utf-8
# frozen_string_literal: true

require 'java'

module NanoDecrypt
  # One keeper for a state file: two would each save over what the other must not forget. The system frees the lock when a
  # process ends, however it ends; the file stays, because removing it would let two have it.
  class StateLock
    class Refused < StandardError; end

    HELD = {}
    private_constant :HELD

    # Raises Refused. Not for two threads at once.
    def initialize(path)
      @path = "#{File.join(File.realpath(File.dirname(path)), File.basename(path))}.lock"
      # Looked up first: to close a second channel to a file frees what the first one locked. Source: java.nio FileLock
      raise Refused, 'another nano_decrypt of this Logstash, with other options, uses it' if HELD.key?(@path)
      HELD[@path] = lock
    rescue SystemCallError, java.io.IOException => error
      raise Refused, "it cannot be locked: #{error.message}"
    end

    def release
      HELD.delete(@path).close
    end

    private

    def lock
      options = [java.nio.file.StandardOpenOption::CREATE, java.nio.file.StandardOpenOption::WRITE]
      channel = java.nio.channels.FileChannel.open(java.nio.file.Paths.get(@path), options.to_java(java.nio.file.OpenOption))
      return channel if channel.tryLock
      channel.close
      raise Refused, 'another process uses it'
    end
  end
end
