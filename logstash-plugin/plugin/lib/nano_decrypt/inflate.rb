# encoding: utf-8
# frozen_string_literal: true

require 'java'

module NanoDecrypt
  # zlib within a cap. Ruby's own Zlib does not stream on JRuby: a few bytes could ask for gigabytes.
  module Inflate
    BUFFER_BYTES = 16_384

    module_function

    # Returns the bytes, :damaged (also for bytes behind the end of the stream) or :too_long.
    def stream(bytes, limit, dictionary = nil)
      inflater = java.util.zip.Inflater.new
      inflater.setInput(bytes.to_java_bytes)
      read(inflater, limit, dictionary, bytes.bytesize)
    rescue java.util.zip.DataFormatException, java.lang.IllegalArgumentException
      :damaged
    ensure
      inflater.end if inflater
    end

    def read(inflater, limit, dictionary, given)
      out = java.io.ByteArrayOutputStream.new
      buffer = Java::byte[BUFFER_BYTES].new
      until inflater.finished
        count = inflater.inflate(buffer)
        if count.zero?
          return :damaged unless inflater.needsDictionary && dictionary
          inflater.setDictionary(dictionary)
          next
        end
        out.write(buffer, 0, count)
        return :too_long if out.size > limit
      end
      inflater.getBytesRead == given ? String.from_java_bytes(out.toByteArray) : :damaged
    end

    # gzip, of which the members behind the first are read too, as Node does.
    def gzip(bytes, limit)
      input = java.util.zip.GZIPInputStream.new(java.io.ByteArrayInputStream.new(bytes.to_java_bytes))
      out = java.io.ByteArrayOutputStream.new
      buffer = Java::byte[BUFFER_BYTES].new
      while (count = input.read(buffer)) >= 0
        out.write(buffer, 0, count)
        return :too_long if out.size > limit
      end
      String.from_java_bytes(out.toByteArray)
    rescue java.io.IOException
      :damaged
    end
  end
end
