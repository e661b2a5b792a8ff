# encoding: utf-8
# frozen_string_literal: true

require 'nano_decrypt/registry'

module NanoDecrypt
  # Where keys come from: lines of the configuration, or a file that is looked at again. Logstash does not notice a changed
  # key file: its inode, size and time do.
  class KeySource
    # lines: Array of texts, or nil; path: String or nil
    def initialize(lines, path)
      @lines = lines
      @path = path
    end

    # Raises RegistryError or SystemCallError.
    def read
      @seen = fingerprint
      Registry.parse(@lines ? @lines.join("\n") : File.read(@path, encoding: 'UTF-8'))
    end

    def changed?
      !@path.nil? && fingerprint != @seen
    end

    private

    def fingerprint
      return nil if @path.nil?
      stat = File.stat(@path)
      [stat.ino, stat.size, stat.mtime.to_r]
    rescue SystemCallError
      :gone
    end
  end
end
