# encoding: utf-8
# frozen_string_literal: true

require 'nano_decrypt/state_lock'

module NanoDecrypt
  # The state on the disk: written aside, synced, renamed, so that a crash leaves the old file or the new one.
  class StateFile
    # Raises StateLock::Refused.
    def initialize(path)
      @path = path
      @lock = StateLock.new(path)
    end

    def close
      @lock.release
    end

    # '' at the very first start
    def read
      File.file?(@path) ? File.binread(@path) : ''
    end

    def write(bytes)
      aside = "#{@path}.new"
      File.open(aside, File::WRONLY | File::CREAT | File::TRUNC, 0o600) do |file|
        file.binmode
        file.write(bytes)
        file.fsync
      end
      File.rename(aside, @path)
      sync_folder
    end

    private

    # Java syncs a folder that is opened for reading; Ruby's own open does not on JRuby.
    def sync_folder
      folder = java.nio.file.Paths.get(File.dirname(File.expand_path(@path)))
      channel = java.nio.channels.FileChannel.open(folder, [java.nio.file.StandardOpenOption::READ].to_java(java.nio.file.OpenOption))
      channel.force(true)
    rescue java.io.IOException
      nil # not every file system lets a folder be synced
    ensure
      channel.close if channel
    end
  end
end
