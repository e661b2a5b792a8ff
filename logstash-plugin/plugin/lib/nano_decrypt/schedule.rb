# encoding: utf-8
# frozen_string_literal: true

require 'nano_decrypt/crypto'
require 'nano_decrypt/constants'

# From the keys of a probe and a receiver to the key of one session (docs/envelope.md, section 3).
module NanoDecrypt
  module Schedule
    LABEL = 'nano-env/1 '

    module_function

    def probe_key(master, kid)
      Crypto.hkdf("#{LABEL}psk".b, master, [kid].pack('N'))
    end

    # nil for a public key of low order
    def static_key(receiver, probe_public, kid)
      shared = Crypto.agree(receiver.secret, probe_public)
      shared && Crypto.hkdf("#{LABEL}ss".b, shared, probe_public + receiver.public_key + [kid].pack('N'))
    end

    def mac1_right?(static, prefix, ephemeral, mac1)
      Crypto.same?(Crypto.hmac(static, "#{LABEL}mac1".b, prefix, ephemeral)[0, MAC1_BYTES], mac1)
    end

    # nil for a public key of low order
    def ephemeral_key(static, receiver, prefix, ephemeral)
      shared = Crypto.agree(receiver.secret, ephemeral)
      shared && Crypto.hkdf(static, shared, "#{LABEL}es".b + prefix + ephemeral)
    end

    def session_key(probe_key, prefix)
      Crypto.hmac(probe_key, "#{LABEL}session".b, prefix)[0, KEY_BYTES]
    end
  end

  # An X25519 key pair.
  class KeyPair
    attr_reader :secret, :public_key

    def initialize(secret)
      @secret = secret
      @public_key = Crypto.public_key(secret)
    end
  end
end
