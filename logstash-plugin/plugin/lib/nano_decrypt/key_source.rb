# encoding: utf-8
# frozen_string_literal: true

require 'nano_decrypt/registry'

module NanoDecrypt
  # Where keys come from: lines of the configuration, or a file that is looked at again. Logstash does not notice a changed
  # key file: its inode, size, time and rights do.
  class KeySource
    # A registry of 20,000 probes stays under this.
    MAX_BYTES = 8 * 1024 * 1024

    # lines: Array of texts, or nil; path: String or nil
    def initialize(lines, path)
      @lines = lines
      @path = path
    end

    # Raises RegistryError or SystemCallError.
    def read
      @seen = fingerprint
      Registry.parse(@lines ? @lines.join("\n") : file_text)
    end

    def changed?
      !@path.nil? && fingerprint != @seen
    end

    private

    # As the relay: a secret that others can read is none.
    def file_text
      stat = File.stat(@path)
      raise RegistryError, 'it is no regular file' unless stat.file?
      raise RegistryError, "it is too large to be a registry: #{stat.size} bytes" if stat.size > MAX_BYTES
      check_rights(stat) unless File::ALT_SEPARATOR # Windows has other rights
      File.read(@path, encoding: 'UTF-8')
    end

    # Root could read it anyway.
    def check_rights(stat)
      user = Process.euid
      raise RegistryError, "it belongs to user #{stat.uid}; mend with: chown #{user} #{@path}" unless [user, 0].include?(stat.uid)
      return if (stat.mode & 0o077).zero?
      mode = format('%04o', stat.mode & 0o777)
      raise RegistryError, "it is open to others than its owner (mode #{mode}); mend with: chmod 600 #{@path}"
    end

    def fingerprint
      return nil if @path.nil?
      stat = File.stat(@path)
      [stat.ino, stat.size, stat.mtime.to_r, stat.mode, stat.uid]
    rescue SystemCallError
      :gone
    end
  end
end
