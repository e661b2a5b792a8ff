# encoding: utf-8
# frozen_string_literal: true

# What the specs of the codec and the filter share. FOLDER is written by the TypeScript side: a registry, and cases.json with
# datagrams and what the relay makes of them.
require 'cases'
require 'checks'
require 'logstash/codecs/nano_decrypt'
require 'logstash/filters/nano_decrypt'
include Cases
include Checks

FOLDER = ARGV.fetch(0)
REGISTRY = File.join(FOLDER, 'registry')
CASES = read_cases(FOLDER)
# Datagrams that were made before the start, which the strict clock refuses.
PLAIN = { 'keys_path' => REGISTRY, 'remap' => false, 'report_interval' => 0, 'clock' => 'monotone' }.freeze
OPEN = []

# A check whose plugins are closed behind it, so that the next one begins with fresh windows.
def scene(sentence, &block)
  check(sentence, &block)
ensure
  OPEN.each(&:close)
  OPEN.clear
end

def kept(plugin)
  OPEN << plugin
  plugin
end

def codec(options = {})
  kept(LogStash::Codecs::NanoDecrypt.new(PLAIN.merge(options)))
end

def filter(options = {})
  made = kept(LogStash::Filters::NanoDecrypt.new(PLAIN.merge(options)))
  made.register
  made
end

def datagrams(name)
  CASES.fetch(name).fetch(:datagrams)
end

def records(name)
  CASES.fetch(name).fetch(:records)
end

# One character for each byte.
def latin1(bytes)
  bytes.unpack('C*').pack('U*')
end

# As the plain codec under ECS makes it, with what an input adds.
def event_of(bytes)
  text = latin1(bytes)
  LogStash::Event.new('message' => text, 'tags' => ['before'], 'topic' => 'sealed', '@metadata' => { 'kafka' => 7 },
                      'event' => { 'original' => text, 'id' => 1 })
end
