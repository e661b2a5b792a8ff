# encoding: utf-8
# frozen_string_literal: true

require 'digest'
require 'nano_decrypt/constants'

# Base64url in its one spelling, keys as text, armor (docs/envelope.md, section 7). nil stands for anything else.
module NanoDecrypt
  module Texts
    ALPHABET = /\A[A-Za-z0-9_-]*\z/.freeze
    KEY_CHARS = 48

    module_function

    def encode64(bytes)
      [bytes].pack('m0').tr('+/', '-_').delete('=')
    end

    def decode64(text)
      return nil unless text.ascii_only? && ALPHABET.match?(text) && text.length % 4 != 1
      bytes = (text.tr('-_', '+/') + '=' * (-text.length % 4)).unpack1('m')
      encode64(bytes) == text ? bytes : nil
    end

    # kind: :psk, :secret, :receiver, :probe or :master
    def parse_key(kind, text)
      prefix = KEY_PREFIXES.fetch(kind)
      return nil unless text.is_a?(String) && text.length == prefix.length + KEY_CHARS && text.start_with?(prefix)
      bytes = decode64(text[prefix.length..-1])
      return nil if bytes.nil?
      key = bytes[0, KEY_BYTES]
      bytes[KEY_BYTES..-1] == Digest::SHA256.digest(prefix.b + key)[0, 4] ? key : nil
    end

    def armor?(text)
      text.start_with?(ARMOR_PREFIX)
    end

    def dearmor(text)
      limit = ARMOR_PREFIX.length + (MAX_DATAGRAM_BYTES * 4 / 3.0).ceil
      armor?(text) && text.bytesize <= limit ? decode64(text[ARMOR_PREFIX.length..-1]) : nil
    end
  end
end
