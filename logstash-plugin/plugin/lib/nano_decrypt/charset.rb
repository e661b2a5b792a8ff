# encoding: utf-8
# frozen_string_literal: true

module NanoDecrypt
  # Tells what an input's charset made of an envelope on its way: bytes that were taken for text are often no longer the same.
  module Charset
    RIGHT = 'codec => plain { charset => "ISO-8859-1" }'
    # What was done, and what mends it.
    CHANGES = {
      lost: "bytes of the envelope were lost in a charset; use #{RIGHT} in the input",
      escaped: "bytes of the envelope were written as escapes, as the plain codec does in UTF-8; use #{RIGHT} in the input",
      doubled: 'bytes of the envelope became two each, because what was text already was read as ISO-8859-1 once more; ' \
               'use that charset once, where the datagram arrives, and UTF-8 from there on'
    }.freeze
    # 0xF9, with which an envelope begins, after each change. Ruby's and JSON's escapes; U+00F9 and U+FFFD as UTF-8
    BEGINNINGS = { /\A\\(?:x|u00)F9/ni => :escaped, /\A\xC3\xB9/n => :doubled, /\A\xEF\xBF\xBD/n => :lost }.freeze
    BEGINNING_BYTES = 6
    # What one byte cannot say.
    WIDE = /[^\u0000-\u00ff]/.freeze

    module_function

    # bytes: what was refused; text: what it was made from, one character per byte, or nil. Returns a key of CHANGES, or nil.
    def change(bytes, text = nil)
      first = bytes.byteslice(0, BEGINNING_BYTES).b
      _, change = BEGINNINGS.find { |beginning, _| first.match?(beginning) }
      change || (text && text.match?(WIDE) ? :lost : nil)
    end
  end
end
