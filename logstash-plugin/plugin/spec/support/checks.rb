# encoding: utf-8
# frozen_string_literal: true

# A sentence, and a block that raises when it is not so. `finish` tells how many were right.
module Checks
  class Wrong < StandardError; end

  TALLY = { passed: 0, failed: 0 }

  module_function

  def check(sentence)
    yield
    TALLY[:passed] += 1
    puts "ok - #{sentence}"
  rescue StandardError, java.lang.Throwable => error
    TALLY[:failed] += 1
    puts "not ok - #{sentence}: #{error.class}: #{error.message}"
    warn error.backtrace.first(8).join("\n") unless error.is_a?(Wrong)
  end

  def equal(got, expected)
    raise Wrong, "got #{got.inspect[0, 600]}, expected #{expected.inspect[0, 600]}" unless got == expected
  end

  def raises(kind, pattern)
    yield
  rescue kind => error
    raise Wrong, "said #{error.message.inspect}, expected #{pattern.inspect}" unless error.message.match?(pattern)
  else
    raise Wrong, "nothing was raised, expected #{kind}"
  end

  def finish
    puts "#{TALLY[:passed]} passed, #{TALLY[:failed]} failed (JRuby #{JRUBY_VERSION}, Java #{java.lang.System.getProperty('java.version')})"
    exit(TALLY[:failed].zero? && TALLY[:passed] > 0 ? 0 : 1)
  end
end
