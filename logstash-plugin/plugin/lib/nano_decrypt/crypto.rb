# encoding: utf-8
# frozen_string_literal: true

# XSalsa20-Poly1305, X25519 and HMAC-SHA-512 by the Java classes that JRuby's openssl brings (BouncyCastle) and the JDK has.
# Engines are not thread safe: each call makes its own, which is cheap.
require 'openssl'
require 'java'

module NanoDecrypt
  module Crypto
    class Unusable < StandardError; end

    # Images for FIPS have none of them: `check!` says so, when a plugin starts.
    begin
      XSalsa20 = org.bouncycastle.crypto.engines.XSalsa20Engine
      Poly1305 = org.bouncycastle.crypto.macs.Poly1305
      KeyParameter = org.bouncycastle.crypto.params.KeyParameter
      WithIV = org.bouncycastle.crypto.params.ParametersWithIV
      X25519 = org.bouncycastle.math.ec.rfc7748.X25519
      MISSING = nil
    rescue NameError => error
      MISSING = error.message
    end
    HMAC = 'HmacSHA512'
    ZEROS = Java::byte[32].new
    TAG_BYTES = 16

    module_function

    # crypto_secretbox_open: the tag first, then the ciphertext.
    # Returns the plaintext as a binary string, or nil when the tag is wrong.
    def open_box(key, nonce, box)
      return nil if box.bytesize < TAG_BYTES
      data = box.to_java_bytes
      length = data.length - TAG_BYTES
      cipher = XSalsa20.new
      cipher.init(true, WithIV.new(KeyParameter.new(key.to_java_bytes), nonce.to_java_bytes))
      return nil unless tag_right?(first_block(cipher), data, length)
      plain = Java::byte[length].new
      cipher.processBytes(data, TAG_BYTES, length, plain, 0)
      String.from_java_bytes(plain)
    end

    # The first 32 bytes of the key stream are the key of Poly1305.
    def first_block(cipher)
      block = Java::byte[32].new
      cipher.processBytes(ZEROS, 0, 32, block, 0)
      block
    end

    def tag_right?(mac_key, data, length)
      mac = Poly1305.new
      mac.init(KeyParameter.new(mac_key))
      mac.update(data, TAG_BYTES, length)
      tag = Java::byte[TAG_BYTES].new
      mac.doFinal(tag, 0)
      java.security.MessageDigest.isEqual(tag, java.util.Arrays.copyOfRange(data, 0, TAG_BYTES))
    end

    # RFC 7748. Returns nil for an all-zero secret (a point of low order).
    def agree(secret, public_key)
      shared = Java::byte[32].new
      right = X25519.calculateAgreement(secret.to_java_bytes, 0, public_key.to_java_bytes, 0, shared, 0)
      right ? String.from_java_bytes(shared) : nil
    end

    def public_key(secret)
      key = Java::byte[32].new
      X25519.generatePublicKey(secret.to_java_bytes, 0, key, 0)
      String.from_java_bytes(key)
    end

    def hmac(key, *parts)
      mac = javax.crypto.Mac.getInstance(HMAC)
      mac.init(javax.crypto.spec.SecretKeySpec.new(key.to_java_bytes, HMAC))
      parts.each { |part| mac.update(part.to_java_bytes) }
      String.from_java_bytes(mac.doFinal)
    end

    # RFC 5869 with SHA-512 and 32 bytes of output: one block.
    def hkdf(salt, input_key, info)
      hmac(hmac(salt, input_key), info, "\x01".b)[0, 32]
    end

    def same?(one, other)
      java.security.MessageDigest.isEqual(one.to_java_bytes, other.to_java_bytes)
    end

    # Raises Unusable: at the start, not at the first datagram.
    def check!
      raise Unusable, "this Java has no XSalsa20, Poly1305 or X25519 (#{MISSING}); let nano-relay open the records" if MISSING
      raise Unusable, 'XSalsa20-Poly1305 gives a wrong result' unless open_box("\0" * 32, "\0" * 24, known_box) == 'nanogelf'
    end

    def known_box
      ['1c676c9be86e575531a1729ca6eb9ed6a85fd59099e0a24a'].pack('H*')
    end
  end
end
